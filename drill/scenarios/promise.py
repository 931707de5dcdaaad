"""Whether commits of a site wait for the other region now.

What always holds: the host program's own rule decides (`host/writer/region_guard.py`, promise_now),
over what was asked here and not by it: first what is written, then what has arrived, and the note
on the Cluster last. What does not answer holds no promise.
"""

import time
from typing import Any

from drill.scenarios.stage import Stage
from host.kubernetes.cluster import DEGRADED_SINCE
from host.writer.region_guard import promise_now
from host.writer.region_look import ON_ITS_WAY_SECONDS
from host.writer.region_seen import Look, Region
from topology.site import SiteName, other_site

HELD_SECONDS = 180.0
"""A change of the writer begins degraded: the other site has to follow, and the guard to verify it.
"""
_EVERY_SECONDS = 0.05
_WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint"
_REGION = """
SELECT json_build_object(
    'streaming', bool_and(state = 'streaming'),
    'sync_state', min(sync_state),
    'flushed', min(pg_wal_lsn_diff(flush_lsn, '0/0'))::bigint,
    'connections', count(*))
FROM pg_stat_replication WHERE application_name = %s HAVING bool_and(flush_lsn IS NOT NULL)
"""
"""Several connections promise nothing together; the least of them stands for all."""


def holds(stage: Stage, site: SiteName) -> bool | None:
    """Whether nothing that this site acknowledged is missing in the other one; None where the mode
    promises nothing.
    """
    topology = stage.twin.topology
    if not topology.waits_for_the_other_region:
        return None
    look = _look(stage, site, topology.names.standby(other_site(site)))
    cluster = stage.cluster(site)
    return bool(cluster) and promise_now(look, _note(cluster)) == "kept"


def degraded_since(stage: Stage, site: SiteName) -> str | None:
    """The note on a site's Cluster; None where there is none, or its API does not answer."""
    return _note(stage.cluster(site))


def _look(stage: Stage, site: SiteName, name: str) -> Look | None:
    """What is missing is given the time that it needs on its way, as the host program does."""
    written = stage.ask(site, _WRITTEN)
    if written is None:
        return None
    deadline = time.monotonic() + ON_ITS_WAY_SECONDS
    while True:
        found = stage.ask(site, _REGION, name)
        look = Look(written=written, region=Region(**found) if found else None)
        if look.is_complete(look) or time.monotonic() > deadline:
            return look
        time.sleep(_EVERY_SECONDS)


def _note(cluster: dict[str, Any]) -> str | None:
    found: str | None = cluster.get("metadata", {}).get("annotations", {}).get(DEGRADED_SINCE)
    return found
