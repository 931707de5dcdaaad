"""How a site's database comes into being: new where the writer is, restored where it is not."""

from typing import Any

from topology.site import SiteName
from topology.topology import Topology

FIRST_WITH_LARGE_OBJECT_DEFAULTS = 18
"""PostgreSQL 18 lets an owner share its future large objects by ALTER DEFAULT PRIVILEGES."""


def user_secret(user: str) -> str:
    """The Kubernetes Secret with a database user's credentials, made by the host program."""
    return user.replace("_", "-")


def bootstrap(topology: Topology, site: SiteName) -> dict[str, Any]:
    """The Cluster's `bootstrap`; it is read once, when the Cluster is made.

    A replica names database, owner and secret too: its promotion sets the owner's password.
    """
    database = topology.database
    owned = {
        "database": database.name,
        "owner": database.owner,
        "secret": {"name": user_secret(database.owner)},
    }
    if site != topology.writer:
        return {"recovery": {**owned, "source": topology.site(topology.other(site)).cluster}}
    initdb: dict[str, Any] = {**owned, "dataChecksums": True}
    if database.postgres >= FIRST_WITH_LARGE_OBJECT_DEFAULTS:
        initdb["postInitApplicationSQL"] = [readable_large_objects(database.owner)]
    return {"initdb": initdb}


def readable_large_objects(owner: str) -> str:
    """pg_read_all_data does not cover large objects, and a dump fails on one it may not read."""
    return (
        f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" '
        "GRANT SELECT ON LARGE OBJECTS TO pg_read_all_data"
    )
