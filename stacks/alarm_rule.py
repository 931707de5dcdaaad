"""When a site's own measurements need attention."""

from dataclasses import dataclass

from aws_cdk.aws_cloudwatch import ComparisonOperator

from topology.alarms import ALARMS, EVIDENCE_DAYS, LATE_BACKUP_SECONDS, MISSED_SEGMENTS

_NOT_RENEWED_DAYS = 5
"""CloudNativePG renews its certificates 7 days before their end (v1.30.0
internal/configuration/configuration.go, ExpiringCheckThreshold), cert-manager those of the plugin
earlier."""
_RESTART_DAYS = 30
"""A month to restart k3s machine by machine."""


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """A metric of `pgtwin-host report`, and the value that it must not pass for so many minutes."""

    name: str
    metric: str
    minutes: int
    above: float | None = None
    below: float | None = None

    @property
    def meaning(self) -> str:
        """What it says, from the catalogue."""
        return ALARMS[self.name].meaning

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


def site_alarms(archive_timeout_seconds: int, *, streams: bool) -> tuple[AlarmRule, ...]:
    """The alarms of a site whose WAL is archived at least every `archive_timeout_seconds`.

    `streams`: the other region is to follow by the stream.
    """
    stream = AlarmRule(name="stream-missing", metric="StreamMissing", above=0, minutes=3)
    return (
        *((stream,) if streams else ()),
        AlarmRule(
            name="heartbeat-age",
            metric="HeartbeatAgeSeconds",
            above=MISSED_SEGMENTS * archive_timeout_seconds,
            minutes=3,
        ),
        AlarmRule(name="archive-failed", metric="ArchiveFailed", above=0, minutes=5),
        AlarmRule(
            name="base-backup-age",
            metric="LastBaseBackupAgeSeconds",
            above=LATE_BACKUP_SECONDS,
            minutes=5,
        ),
        AlarmRule(
            name="dump-age", metric="LastDumpAgeSeconds", above=LATE_BACKUP_SECONDS, minutes=5
        ),
        AlarmRule(
            name="evidence-age",
            metric="LastEvidenceAgeSeconds",
            above=EVIDENCE_DAYS * 24 * 3600,
            minutes=5,
        ),
        AlarmRule(name="missing-instances", metric="MissingInstances", above=0, minutes=10),
        AlarmRule(name="nodes-not-ready", metric="NodesNotReady", above=0, minutes=10),
        AlarmRule(name="operators-unavailable", metric="OperatorsUnavailable", above=0, minutes=10),
        AlarmRule(name="data-volume-used", metric="DataVolumeUsedPercent", above=80, minutes=10),
        AlarmRule(
            name="certificate-days-left",
            metric="CertificateDaysLeft",
            below=_NOT_RENEWED_DAYS,
            minutes=60,
        ),
        AlarmRule(
            name="k3s-certificate-days-left",
            metric="K3sCertificateDaysLeft",
            below=_RESTART_DAYS,
            minutes=60,
        ),
        AlarmRule(name="writer-conflict", metric="WriterConflict", above=0, minutes=1),
        AlarmRule(
            name="configured-writer",
            metric="ConfiguredWriterDiffers",
            above=0,
            minutes=60,
        ),
    )
