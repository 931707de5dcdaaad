"""When a site's own measurements call for a person."""

from dataclasses import dataclass

from aws_cdk.aws_cloudwatch import ComparisonOperator

_DAY_AND_TWO_HOURS = 26 * 3600
_EIGHT_DAYS = 8 * 24 * 3600
"""A verification a week, and a day to repeat one that failed. A new site has as long from its
beginning: its metric counts from the making of the cluster until there is a first proof."""
_MISSED_SEGMENTS = 5


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """A metric of `pgtwin-host report`, and the value that it must not pass for so many minutes."""

    name: str
    metric: str
    minutes: int
    meaning: str
    above: float | None = None
    below: float | None = None

    @property
    def threshold(self) -> float:
        """The value that must not be passed."""
        return (self.below if self.above is None else self.above) or 0

    @property
    def comparison(self) -> ComparisonOperator:
        """On which side of the threshold the alarm is."""
        if self.above is None:
            return ComparisonOperator.LESS_THAN_THRESHOLD
        return ComparisonOperator.GREATER_THAN_THRESHOLD


def site_alarms(archive_timeout_seconds: int) -> tuple[AlarmRule, ...]:
    """The alarms of a site whose WAL is archived at least every `archive_timeout_seconds`."""
    return (
        AlarmRule(
            name="heartbeat-age",
            metric="HeartbeatAgeSeconds",
            above=_MISSED_SEGMENTS * archive_timeout_seconds,
            minutes=3,
            meaning="The writer's heartbeat no longer arrives here: what a failover would lose "
            "grows, or the writer is gone.",
        ),
        AlarmRule(
            name="archive-failed",
            metric="ArchiveFailed",
            above=0,
            minutes=5,
            meaning="WAL does not reach this site's archive: its disk fills and the RPO grows.",
        ),
        AlarmRule(
            name="base-backup-age",
            metric="LastBaseBackupAgeSeconds",
            above=_DAY_AND_TWO_HOURS,
            minutes=5,
            meaning="No base backup of this site for more than a day.",
        ),
        AlarmRule(
            name="dump-age",
            metric="LastDumpAgeSeconds",
            above=_DAY_AND_TWO_HOURS,
            minutes=5,
            meaning="No complete dump in this site's bucket for more than a day.",
        ),
        AlarmRule(
            name="evidence-age",
            metric="LastEvidenceAgeSeconds",
            above=_EIGHT_DAYS,
            minutes=5,
            meaning="For more than eight days nobody has proved that this site's backups can be "
            "restored.",
        ),
        AlarmRule(
            name="missing-instances",
            metric="MissingInstances",
            above=0,
            minutes=10,
            meaning="The database runs with fewer instances than it should.",
        ),
        AlarmRule(
            name="nodes-not-ready",
            metric="NodesNotReady",
            above=0,
            minutes=10,
            meaning="A machine of this site is not a Ready Kubernetes node.",
        ),
        AlarmRule(
            name="operators-unavailable",
            metric="OperatorsUnavailable",
            above=0,
            minutes=10,
            meaning="An operator is down: the database runs, but nothing would repair it.",
        ),
        AlarmRule(
            name="data-volume-used",
            metric="DataVolumeUsedPercent",
            above=80,
            minutes=10,
            meaning="A data volume fills up; PostgreSQL stops when it is full.",
        ),
        AlarmRule(
            name="certificate-days-left",
            metric="CertificateDaysLeft",
            below=30,
            minutes=60,
            meaning="A k3s certificate expires; restarting k3s renews it.",
        ),
        AlarmRule(
            name="writer-conflict",
            metric="WriterConflict",
            above=0,
            minutes=1,
            meaning="This site's Cluster and the record disagree about who is the writer.",
        ),
    )
