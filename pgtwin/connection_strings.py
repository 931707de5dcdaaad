"""The connection strings of applications: by the writer's alias, or by the names of both sites.

libpq tries the hosts in turn and keeps the one that accepts writes (PostgreSQL 18 documentation,
34.1.1.3 and `target_session_attrs`), so nothing has to be moved for it when a region is lost. JDBC
does the same with `targetServerType=primary`. By the alias it asks for a server that writes as
well: an address that a client still remembers may lead to a site that follows by now, and a pool
would keep that connection, on which every write fails. Either site proves itself: one authority,
and certificates that carry the alias and the load balancer's name (`charts/server_names.py`).
"""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

CONNECT_SECONDS = 3
"""Per host: a site that swallows packets costs a client this much per new connection."""


def writer_uri(hosts: Sequence[str], *, user: str, database: str, trusted: Path) -> str:
    """The string for these hosts: the alias, or both load balancers, the likely writer's first.

    Each has to prove itself by the authorities in the file `trusted`.
    """
    named = ",".join(f"{host}:5432" for host in hosts)
    return (
        f"postgresql://{user}@{named}/{database}"
        f"?sslmode=verify-full&sslrootcert={quote(str(trusted))}"
        f"&target_session_attrs=read-write&connect_timeout={CONNECT_SECONDS}"
    )
