"""The PostgreSQL settings of a site: ours, under the configuration's own."""

from charts.machine_share import MachineShare
from topology.rules.postgres import HOT_STANDBY_PARAMETERS
from topology.site import SiteName
from topology.topology import Topology


def machine_share(topology: Topology, site: SiteName) -> MachineShare:
    """What an instance of the site gets of its machine."""
    place = topology.site(site)
    return MachineShare.of(place.machine, runs_server=place.agents == 0)


def postgres_parameters(topology: Topology, site: SiteName) -> dict[str, str]:
    """Every setting by name.

    The hot-standby settings are always written out, so that both sites are seen to agree on them.
    wal_retrieve_retry_interval keeps its default of 5 s: less would start a barman process more
    often on a replica that waits for the next segment, and save at most those seconds of an RTO,
    never a row. wal_compression makes a quarter of the segments of the same transactions
    (docs/performance.md), and each segment costs the archive a process; `lz4` may be set instead.
    """
    configured = topology.parameters(site)
    hot_standby = {name: str(value) for name, value in HOT_STANDBY_PARAMETERS.items()}
    max_connections = int(configured.get("max_connections", hot_standby["max_connections"]))
    derived = machine_share(topology, site).parameters(
        max_connections=max_connections, wal_gib=topology.database.wal_gib
    )
    return {
        **hot_standby,
        **derived,
        "archive_timeout": f"{topology.database.archive_timeout_seconds}s",
        "password_encryption": "scram-sha-256",
        "random_page_cost": "1.1",
        "wal_compression": "on",
        **configured,
    }
