"""Which standbys a commit waits for, as CloudNativePG is told.

What always holds:

- With `replication: synchronous` no commit returns that the other region has not: the list has
  fewer names of this site than it needs. The other region is named by what it streams under, before
  one instance of the site (`maxStandbyNamesFromCluster`). Uncapped, two instances of the site would
  be enough as soon as the other region is away.
- A second instance of the site has each commit too, where there are three. Else an instance that is
  promoted within the site could lack what the other region has, and that could never follow again.
- `dataDurability` is `required`: the operator never shortens the list by itself. What lets commits
  go on without the other region is the guard of the host program, which says so first.
- A quorum decides about a failover within the site. Of (the other region, one instance) both have
  each commit, so that one instance is enough, also while the other region is away (cloudnative-pg
  v1.30.0 internal/controller/replicas_quorum.go: R + W > N with W = N = 2, R = 1).

Where the one instance of the list is lost, commits wait until the operator has sorted again: ready
instances come first (cloudnative-pg v1.30.0 pkg/postgres/replication/explicit.go,
getSortedInstanceNames).
"""

from typing import Any

from topology.site import LEAST_FOR_QUORUM, SiteName
from topology.topology import Topology


def standby_list(topology: Topology, site: SiteName) -> dict[str, Any] | None:
    """`spec.postgresql.synchronous` of a site; None where no commit waits for anybody."""
    local = int(topology.site(site).instances >= LEAST_FOR_QUORUM)
    quorum = {"failoverQuorum": True} if local else {}
    if topology.waits_for_the_other_region:
        return {
            "method": "first",
            "number": 1 + local,
            "standbyNamesPre": [topology.names.standby(topology.other(site))],
            "maxStandbyNamesFromCluster": local,
            "dataDurability": "required",
            **quorum,
        }
    if not local:
        return None
    return {"method": "any", "number": local, "dataDurability": "required", **quorum}
