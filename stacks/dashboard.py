"""One page of CloudWatch per site, for whoever an alarm has woken up.

What always holds: every metric with an alarm is on it, with the value that it must not pass, so
that nobody has to search for how long already, and whether it gets worse. It shows the heartbeat as
each region sees it: the younger one is the writer's, the other one the RPO. A dashboard is of no
region (CloudWatch User Guide, "Using Amazon CloudWatch dashboards"), so its name has the site; what
it shows is read in the regions that it names; a lost region is a gap. It decides nothing:
`pgtwin status` does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.alarm_rule import AlarmRule, site_alarms
from stacks.site_arns import SiteArns
from topology.alarms import ALARMS
from topology.site import SITES, SiteName
from topology.topology import Topology

_WIDTH, _HEIGHT, _BESIDE = 8, 6, 3
_HEAD = 6
"""How much of the page is above the panels."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Metrics that are looked at together."""

    title: str
    metrics: tuple[str, ...]


HEARTBEAT = "HeartbeatAgeSeconds"
PANELS = (
    Panel(
        title="Writer: all 0",
        metrics=("CommitsStalled", "WriterConflict", "ConfiguredWriterDiffers"),
    ),
    Panel(title="Lag: seconds since the newest heartbeat, by region", metrics=(HEARTBEAT,)),
    Panel(title="The other region: all 0", metrics=("StreamMissing", "RegionNotWaitedFor")),
    Panel(title="Archive: seconds that a segment waits", metrics=("ArchiveWaitSeconds",)),
    Panel(
        title="Archive: segments that wait, and whether the last attempt failed",
        metrics=("ArchiveBacklogSegments", "ArchiveFailed"),
    ),
    Panel(title="Fullest data volume: percent", metrics=("DataVolumeUsedPercent",)),
    Panel(title="Hours until WAL that waits fills the volume", metrics=("WalHoursLeft",)),
    Panel(title="Connections used: percent", metrics=("ConnectionsUsedPercent",)),
    Panel(title="Oldest transaction id: age", metrics=("TransactionIdAge",)),
    Panel(
        title="Database instances",
        metrics=("ReadyInstances", "MissingInstances", "StandbysNotStreaming"),
    ),
    Panel(title="Machines and operators: all 0", metrics=("NodesNotReady", "OperatorsUnavailable")),
    Panel(
        title="Backups: age in seconds",
        metrics=("LastBaseBackupAgeSeconds", "LastDumpAgeSeconds", "LastEtcdSnapshotAgeSeconds"),
    ),
    Panel(
        title="Verified restore: age in seconds, and missing history",
        metrics=("LastEvidenceAgeSeconds", "HistoryMissingSeconds"),
    ),
    Panel(
        title="Certificates: days left",
        metrics=("CertificateDaysLeft", "K3sCertificateDaysLeft"),
    ),
)


class Dashboard(Construct):
    """The page of one site; `alarms` are the names of all of its alarms."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topology: Topology,
        site: SiteName,
        alarms: Sequence[str],
    ) -> None:
        super().__init__(scope, id)
        arns = SiteArns(topology=topology, site=site, account=Aws.ACCOUNT_ID)
        widgets = [
            _text(topology, site),
            _alarms([arns.here("cloudwatch", f"alarm:{name}") for name in alarms]),
            *_panels(topology, site),
        ]
        cloudwatch.CfnDashboard(
            self,
            "Page",
            dashboard_name=topology.names.dashboard(site),
            dashboard_body=Stack.of(self).to_json_string({"widgets": widgets}),
        )


def _text(topology: Topology, site: SiteName) -> dict[str, Any]:
    text = (
        f"**{topology.name}, {site}** in {topology.site(site).region}. First `pgtwin status`: it "
        "says who writes, whether a failover is ready and what it would lose. Each alarm has its "
        "page: `docs/runbooks/`."
    )
    return _widget("text", {"markdown": text}, x=0, y=0, width=24, height=2)


def _alarms(arns: Sequence[str]) -> dict[str, Any]:
    properties = {"title": "Alarms", "alarms": arns}
    return _widget("alarm", properties, x=0, y=2, width=24, height=_HEAD - 2)


def _panels(topology: Topology, site: SiteName) -> Iterator[dict[str, Any]]:
    rules = {
        rule.metric: rule
        for rule in site_alarms(topology.database.archive_timeout_seconds, topology.replication)
    }
    elsewhere = {alarm.rule.metric for alarm in ALARMS.values() if alarm.rule} - rules.keys()
    shown = (
        (panel.title, found)
        for panel in PANELS
        if (found := [name for name in panel.metrics if name not in elsewhere])
    )
    for place, (title, names) in enumerate(shown):
        row, column = divmod(place, _BESIDE)
        properties = {
            "title": title,
            "view": "timeSeries",
            "region": topology.site(site).region,
            "period": 60,
            "metrics": [line for name in names for line in _lines(topology, site, name, rules)],
            "annotations": {"horizontal": [_limit(rules[name]) for name in names if name in rules]},
        }
        where = {"x": column * _WIDTH, "y": _HEAD + row * _HEIGHT}
        yield _widget("metric", properties, **where, width=_WIDTH, height=_HEIGHT)


def _lines(
    topology: Topology, site: SiteName, metric: str, rules: dict[str, AlarmRule]
) -> Iterator[list[Any]]:
    """As CloudWatch has them: the namespace, the metric, its dimensions, and how it is drawn."""
    worst = rules[metric].worst if metric in rules else "Maximum"
    for each in SITES if metric == HEARTBEAT else (site,):
        place = topology.site(each)
        dimensions = ("site", each, "cluster", place.cluster)
        label = each if metric == HEARTBEAT else metric
        drawn = {"stat": worst, "label": label, "region": place.region}
        yield [topology.names.metrics(), metric, *dimensions, drawn]


def _limit(rule: AlarmRule) -> dict[str, Any]:
    return {"label": rule.name, "value": rule.threshold}


def _widget(kind: str, properties: dict[str, Any], **place: int) -> dict[str, Any]:
    return {"type": kind, **place, "properties": properties}
