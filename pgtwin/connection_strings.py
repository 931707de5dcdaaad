"""The connection strings of applications: by the writer's alias, or by the names of both sites.

libpq tries the hosts in turn and keeps the one that accepts writes (PostgreSQL 18 documentation,
34.1.1.3 and `target_session_attrs`), so nothing has to be moved for it when a region is lost. JDBC
does the same with `targetServerType=primary`. By the alias it asks for a server that writes as
well: an address that a client still remembers may lead to a site that follows by now, and a pool
would keep that connection, on which every write fails.
"""

from collections.abc import Sequence

CONNECT_SECONDS = 3
"""Per host: a site that swallows packets costs a client this much per new connection."""


def writer_uri(hosts: Sequence[str], *, user: str, database: str) -> str:
    """The string for these hosts: the alias, or both load balancers, the likely writer's first."""
    named = ",".join(f"{host}:5432" for host in hosts)
    return (
        f"postgresql://{user}@{named}/{database}?sslmode=require"
        f"&target_session_attrs=read-write&connect_timeout={CONNECT_SECONDS}"
    )
