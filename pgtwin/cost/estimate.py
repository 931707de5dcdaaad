"""The monthly bill of a topology.

Counted: machines, their root and data volumes, NAT gateways with their addresses, the load
balancer, backup storage, keys, secrets, metrics, alarms, the flow log and the stream. Not counted,
because it follows the use: other traffic between regions and through NAT, requests to S3 and KMS.
Nor are the two dashboards: an account's first three are free (CloudWatch pricing).
Storage in S3 is reckoned as if the database filled its volume by half, the WAL wrote one segment
each archive timeout for a third of the day, and dumps were a quarter of the data.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pgtwin.cost.prices import Prices
from topology.alarms import raised_by_cloudwatch
from topology.site import ROOT_VOLUME_GIB, SITES, SiteName
from topology.topology import Topology

SEGMENT_GIB = 16 / 1024
COMPRESSED = 0.35
"""What remains of base backups and WAL after compression: a cautious middle of common reports."""
BUSY_SHARE = 1 / 3
FILLED_SHARE = 0.5
DUMP_SHARE = 0.25
SECRETS = {"primary": 5, "dr": 5}
"""Two k3s tokens, two database users and the authority; all but the tokens are replicas on DR."""
METRICS_PER_INSTANCE = 7
METRICS_WITHOUT_ALARM = ("ArchiveBacklogSegments", "ReadyInstances")
ALARMS_PER_INSTANCE = 2
MONTH_DAYS = 30
FLOWS = 2000
"""Per machine and interval: what it has open to others, S3 and clients. An assumption."""
FLOW_INTERVALS_A_DAY = 24 * 6
"""EC2 writes a record per flow each ten minutes (VPC user guide, "Flow log records")."""
FLOW_RECORD_BYTES = 120
"""Of the default format's 14 fields."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """What one thing costs a month."""

    site: SiteName
    what: str
    dollars: float


def estimate(topology: Topology, prices: Prices) -> tuple[Item, ...]:
    """Every item of both sites, in the order of the sites."""
    return tuple(item for name in SITES for item in _site(topology, name, prices))


def _site(topology: Topology, name: SiteName, prices: Prices) -> Iterator[Item]:
    site = topology.site(name)
    machines = site.servers + site.agents

    def item(what: str, units: float, price: str) -> Item:
        return Item(site=name, what=what, dollars=units * prices.of(site.region, price))

    hours = float(prices.month_hours)
    for type_, count in Counter(map(site.type_of, topology.nodes(name))).items():
        yield item(f"{count} x {type_}", count * hours, type_)
    yield item(
        f"{machines} x {site.data_volume_gib} GiB data volume",
        machines * site.data_volume_gib,
        "gp3_gib_month",
    )
    yield item(
        f"{machines} x {ROOT_VOLUME_GIB} GiB root volume",
        machines * ROOT_VOLUME_GIB,
        "gp3_gib_month",
    )
    yield item(f"{site.nat_gateways} NAT gateway", site.nat_gateways * hours, "nat_hour")
    yield item(f"{site.nat_gateways} public address", site.nat_gateways * hours, "public_ipv4_hour")
    yield item("network load balancer", hours, "nlb_hour")
    gib = stored_gib(topology, name)
    yield item(f"{gib:.0f} GiB in the backup bucket", gib, "s3_standard_gib_month")
    yield item("KMS key", 1, "kms_key_month")
    yield item(f"{SECRETS[name]} secrets", SECRETS[name], "secret_month")
    yield item("detailed monitoring", machines * METRICS_PER_INSTANCE, "cloudwatch_metric_month")
    rules = len(tuple(raised_by_cloudwatch(topology.replication)))
    metrics, alarms = rules + len(METRICS_WITHOUT_ALARM), rules + ALARMS_PER_INSTANCE * machines
    yield item(f"{metrics} metrics of the site", metrics, "cloudwatch_metric_month")
    yield item(f"{alarms} alarms", alarms, "cloudwatch_alarm_month")
    yield item("private hosted zone", 1, "hosted_zone_month")
    logged = machines * flow_log_gib()
    yield item(f"{logged:.0f} GiB of flow logs", logged, "log_gib")
    if topology.streams and name == topology.writer:
        gib = segments_a_day(topology) * SEGMENT_GIB * MONTH_DAYS
        yield item(f"{gib:.0f} GiB streamed to the other region", gib, "peering_gib")


def segments_a_day(topology: Topology) -> float:
    """How many segments the writer fills, or sends half empty to the archive."""
    return 86400 / topology.database.archive_timeout_seconds * BUSY_SHARE


def flow_log_gib() -> float:
    """What one machine's flows add to the log in a month, which is also how long it is kept."""
    return FLOWS * FLOW_INTERVALS_A_DAY * MONTH_DAYS * FLOW_RECORD_BYTES / 1024**3


def stored_gib(topology: Topology, name: SiteName) -> float:
    """What a site's bucket holds once retention has come to rest."""
    database, backups = topology.database, topology.backups
    data = database.storage_gib * FILLED_SHARE
    base = data * COMPRESSED * (backups.retention_days + 1)
    wal = segments_a_day(topology) * SEGMENT_GIB * COMPRESSED * backups.retention_days
    dumps = data * DUMP_SHARE * backups.dump_retention_days
    return base + wal + dumps
