"""The PostgreSQL settings of a site: ours, under the configuration's own."""

from topology.machine_share import MachineShare
from topology.rules.parameters import wal_mib
from topology.rules.postgres import HOT_STANDBY_PARAMETERS, in_effect
from topology.site import SITES, SiteName
from topology.topology import Topology


def machine_share(topology: Topology, site: SiteName) -> MachineShare:
    """What an instance of the site gets of its machine."""
    place = topology.site(site)
    return MachineShare.of(place.machine, runs_server=place.agents == 0)


USUAL_RETRY_SECONDS = 5
"""PostgreSQL's default of wal_retrieve_retry_interval: what a replica waits between two looks."""
FOLLOWER_RETRY_SECONDS = 12
"""For a site that follows the other by the archive alone. Each look there starts Python for the
next segment, for the same on the timeline before, and for the next history file
(docs/performance.md has what that takes of a core). One that streams looks there only while the
stream is away, and at PostgreSQL's own pace, to be back soon."""
STANDBY_RETRY_SECONDS = 2
"""Where standbys stream: how long one waits, after its primary is lost, before it connects to the
next. Until the first is attached every commit waits for it."""


def retry_seconds(topology: Topology, site: SiteName) -> int:
    """How often an instance of the site looks for WAL; in proportion to a short archive timeout."""
    if topology.site(site).instances > 1:
        return STANDBY_RETRY_SECONDS
    longest = USUAL_RETRY_SECONDS if topology.streams else FOLLOWER_RETRY_SECONDS
    return max(1, min(longest, topology.database.archive_timeout_seconds // 5))


def archive_timeout_seconds(topology: Topology) -> int:
    """How long an open segment waits: shorter by what a replica looks less often than usual.

    A row is replayed in the other region after at most
    archive timeout + upload + time between two looks. The sum stays what it is with PostgreSQL's
    own 5 s: of 60 s, 53 and 12 instead of 60 and 5, for one more segment in eight.
    """
    longest = max(retry_seconds(topology, site) for site in SITES)
    return topology.database.archive_timeout_seconds - max(0, longest - USUAL_RETRY_SECONDS)


def postgres_parameters(topology: Topology, site: SiteName) -> dict[str, str]:
    """Every setting by name.

    The hot-standby settings are always written out, so that both sites are seen to agree on them.
    Network load balancers forget a connection that was idle for 350 s: with keepalives none is that
    quiet, and a session whose client is gone ends after two minutes. wal_compression makes far
    fewer segments of the same transactions (docs/performance.md), and each segment costs
    the archive a process; `lz4` may be set instead.
    """
    configured = topology.parameters(site)
    hot_standby = {name: str(value) for name, value in HOT_STANDBY_PARAMETERS.items()}
    max_connections = int(in_effect(topology, site, "max_connections"))
    derived = machine_share(topology, site).parameters(
        max_connections=max_connections,
        wal_gib=topology.database.wal_gib,
        max_wal_mib=wal_mib(configured.get("max_wal_size", "")),
    )
    return {
        **hot_standby,
        **derived,
        "archive_timeout": f"{archive_timeout_seconds(topology)}s",
        "wal_retrieve_retry_interval": f"{retry_seconds(topology, site)}s",
        "tcp_keepalives_idle": "60",
        "tcp_keepalives_interval": "10",
        "tcp_keepalives_count": "6",
        "password_encryption": "scram-sha-256",
        "random_page_cost": "1.1",
        "wal_compression": "on",
        **configured,
    }
