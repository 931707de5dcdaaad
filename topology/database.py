"""The database that both sites hold."""

from typing import Annotated, Literal

from pydantic import Field

from topology.frozen import Frozen, Pattern

Identifier = Annotated[
    str,
    Pattern(
        r"[a-z][a-z0-9_]{0,62}",
        "1 to 63 lower-case letters, digits and underscores, beginning with a letter",
    ),
]
Parameters = dict[str, str]


class Database(Frozen):
    """One PostgreSQL database, its owner and its settings, the same on both sites."""

    name: Identifier
    owner: Identifier
    postgres: Literal[17, 18]
    archive_timeout_seconds: Annotated[int, Field(ge=5, le=3600)]
    """How long a written row may wait before its WAL segment is archived. What that bounds is in
    docs/replication.md, "What the archive bounds"."""
    parameters: Annotated[Parameters, Field(default_factory=dict)]
    storage_gib: Annotated[int, Field(ge=1)] = 40
    """What PGDATA is planned with; 40 is the first year of a service with a few GiB a month.

    Nothing limits it but `data_volume_gib`, and CloudNativePG refuses to lower it."""
    wal_gib: Annotated[int, Field(ge=2)] = 10
    """The same for pg_wal; 10 holds over 600 segments while the archive is away.

    PostgreSQL's own limits of WAL are a share of it."""
    pooler_instances: Annotated[int, Field(ge=0, le=10)] = 0
    """PgBouncer pods in front of the writer; none by default, applications bring their own pool."""
