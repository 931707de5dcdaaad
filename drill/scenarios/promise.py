"""Whether commits of a site wait for the other region now.

What always holds: PostgreSQL is asked first and the note on the Cluster read after it, as the host
program does (`host/writer/region_guard.py`, promise_now). What does not answer holds no promise.
"""

from typing import Any

from drill.scenarios.stage import Stage
from host.kubernetes.cluster import DEGRADED_SINCE
from topology.site import SiteName, other_site

HELD_SECONDS = 180.0
"""A change of the writer begins degraded: the other site has to follow, and the guard to prove it.
"""
_STATE = """
SELECT min(sync_state) FROM pg_stat_replication
WHERE application_name = %s HAVING count(*) = 1 AND bool_and(state = 'streaming')
"""


def holds(stage: Stage, site: SiteName) -> bool | None:
    """Whether nothing that this site acknowledged is missing in the other one; None where the mode
    promises nothing.
    """
    topology = stage.twin.topology
    if not topology.waits_for_the_other_region:
        return None
    state = stage.ask(site, _STATE, topology.names.standby(other_site(site)))
    cluster = stage.cluster(site)
    return state in ("sync", "quorum") and bool(cluster) and not _note(cluster)


def degraded_since(stage: Stage, site: SiteName) -> str | None:
    """The note on a site's Cluster; None where there is none, or its API does not answer."""
    return _note(stage.cluster(site))


def _note(cluster: dict[str, Any]) -> str | None:
    found: str | None = cluster.get("metadata", {}).get("annotations", {}).get(DEGRADED_SINCE)
    return found
