"""Whether a deployment would make commits hang while a standby is copied: pure.

What always holds: a site gets the list of standbys that three instances have only once there is a
standby to put on it (`charts/synchronous.py`). CloudNativePG never shortens that list: where it
knows no other instance it names the leading one itself, which acknowledges nothing (v1.30.0
pkg/postgres/replication/explicit.go, getSortedInstanceNames). From one instance to three, no commit
would return until the first standby has copied the database. With two instances nobody is waited
for, so they are the step between. A site that follows commits nothing, but it may be promoted
before its standby is there.
"""

from collections.abc import Mapping
from typing import Any

from pgtwin.deployment_check import DeploymentCheck, Obstacle
from topology.site import LEAST_FOR_QUORUM

_STEP = LEAST_FOR_QUORUM - 1


def may_hang(check: DeploymentCheck) -> bool:
    """Whether it depends on the live Cluster; False where nothing runs or changes."""
    wanted = check.topology.site(check.site).instances
    return bool(check.running) and not check.same_bundle and wanted >= LEAST_FOR_QUORUM


def hanging(check: DeploymentCheck, cluster: Mapping[str, Any] | None) -> Obstacle | None:
    """Why the instances must not be raised at once; `cluster` is that part of the site's status.

    None also where that is unknown: a site that does not answer may be what is repaired.
    """
    if cluster is None or not may_hang(check):
        return None
    now, wanted = int(cluster["instances"]), check.topology.site(check.site).instances
    if now >= LEAST_FOR_QUORUM or int(cluster["ready_instances"]) >= _STEP:
        return None
    return Obstacle(
        found=f"the instances of {check.site} would be raised from {now} to {wanted}, and with "
        f"{wanted} a commit waits for a standby: writes would hang until the first one has copied "
        "the database",
        remedy=_remedy(check, now, wanted),
    )


def _remedy(check: DeploymentCheck, now: int, wanted: int) -> str:
    field, ready = f"{check.site}.instances", f"once `pgtwin status` shows {_STEP} of {_STEP} ready"
    if now == _STEP:
        return f"deploy {ready}"
    if check.topology.waits_for_the_other_region:
        return (
            f"set `replication: streaming` without `rpo`, and `{field}: {_STEP}`, and deploy; "
            f"{ready} set {wanted}, `replication: synchronous` and `rpo` again, and deploy"
        )
    return f"set `{field}: {_STEP}` and deploy; {ready} set {wanted}, and deploy"
