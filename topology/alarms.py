"""What can be wrong with a site: the one catalogue that CloudWatch's and Prometheus' alarms use.

Each entry is named after its page in docs/runbooks/. CloudWatch raises those with a `rule`;
Prometheus those that have an expression in charts/alarms.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from topology.topology import Replication

LATE_BACKUP_SECONDS = 26 * 3600
"""A backup per day, and two hours for it to run."""
FIRST_BACKUP_DAYS = 2
"""A new archive has its first base backup within a day, and a day to repeat one that failed."""
EVIDENCE_DAYS = 8
"""A verification per week, and a day to repeat one that failed. A new site has as long from its
beginning: its metric counts from the making of the cluster until one has passed."""
MISSED_SEGMENTS = 5
"""The heartbeat is late when so many archive timeouts have passed without one."""
NOT_RENEWED_DAYS = 5
"""CloudNativePG renews its certificates 7 days before their end (v1.30.0
internal/configuration/configuration.go, ExpiringCheckThreshold), cert-manager those of the plugin
earlier."""
PLUGIN_NOT_RENEWED_DAYS = 10
"""Prometheus sees those of cert-manager alone, which renews them 15 days before their end."""
USED_CONNECTIONS_PERCENT = 80
OLD_TRANSACTIONS = 300_000_000
WAL_HOURS = 72
"""Who is told on a Friday evening has until Monday."""
_RESTART_DAYS = 30
"""A month to restart k3s machine by machine."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A metric of `pgtwin-host report`, and the value that it must not pass for so many minutes."""

    metric: str
    minutes: int
    above: float | None = None
    above_archive_timeouts: int | None = None
    """Instead of `above`, as a multiple of the configured archive timeout."""
    below: float | None = None
    modes: tuple[Replication, ...] | None = None
    """The modes of replication in which there is such a metric; None for all."""

    def threshold(self, archive_timeout_seconds: int) -> float:
        """The value that the metric must not pass."""
        if self.above_archive_timeouts is not None:
            return self.above_archive_timeouts * archive_timeout_seconds
        return (self.above if self.below is None else self.below) or 0


@dataclass(frozen=True, kw_only=True)
class AlarmMeaning:
    """What an alarm says, whoever raises it, and when CloudWatch does; None where it does not."""

    severity: Literal["critical", "warning"]
    meaning: str
    rule: Rule | None = None


def _critical(meaning: str, rule: Rule | None = None) -> AlarmMeaning:
    return AlarmMeaning(severity="critical", meaning=meaning, rule=rule)


def _warning(meaning: str, rule: Rule | None = None) -> AlarmMeaning:
    return AlarmMeaning(severity="warning", meaning=meaning, rule=rule)


ALARMS: Mapping[str, AlarmMeaning] = {
    "archive-backlog": _warning(
        "WAL is archived more slowly than it is written.",
        Rule(metric="ArchiveWaitSeconds", above_archive_timeouts=1, minutes=3),
    ),
    "archive-failed": _critical(
        "WAL does not reach this site's archive: its disk fills and the RPO grows.",
        Rule(metric="ArchiveFailed", above=0, minutes=5),
    ),
    "base-backup-age": _critical(
        "This site has no base backup from the last 26 hours.",
        Rule(metric="LastBaseBackupAgeSeconds", above=LATE_BACKUP_SECONDS, minutes=5),
    ),
    "certificate-days-left": _warning(
        "A certificate of an operator or of the cluster was not renewed in time.",
        Rule(metric="CertificateDaysLeft", below=NOT_RENEWED_DAYS, minutes=60),
    ),
    "commits-stalled": _critical(
        "Commits hang on the writer: it answers, and acknowledges nothing.",
        Rule(metric="CommitsStalled", above=0, minutes=2),
    ),
    "configured-writer": _warning(
        "The deployed configuration names another writer than the record.",
        Rule(metric="ConfiguredWriterDiffers", above=0, minutes=60),
    ),
    "connections-used": _warning(
        f"More than {USED_CONNECTIONS_PERCENT} % of max_connections are in use.",
        Rule(metric="ConnectionsUsedPercent", above=USED_CONNECTIONS_PERCENT, minutes=5),
    ),
    "data-volume-used": _critical(
        "A data volume is more than 80 % full; PostgreSQL stops when it is full.",
        Rule(metric="DataVolumeUsedPercent", above=80, minutes=10),
    ),
    "degraded-replication": _critical(
        "Commits go on without the other region: losing the writer's region would now lose writes.",
        Rule(metric="RegionNotWaitedFor", above=0, minutes=1, modes=("synchronous",)),
    ),
    "dump-age": _warning(
        "No complete dump from the last 26 hours.",
        Rule(metric="LastDumpAgeSeconds", above=LATE_BACKUP_SECONDS, minutes=5),
    ),
    "etcd-snapshot-age": _warning(
        "No snapshot of etcd from the last 26 hours: a lost server would come back as it was then.",
        Rule(metric="LastEtcdSnapshotAgeSeconds", above=LATE_BACKUP_SECONDS, minutes=5),
    ),
    "evidence-age": _warning(
        "No verification of this site's backups passed in the last 8 days.",
        Rule(metric="LastEvidenceAgeSeconds", above=EVIDENCE_DAYS * 24 * 3600, minutes=5),
    ),
    "heartbeat-age": _critical(
        "The writer's heartbeat does not arrive here: the RPO grows, or the writer is down.",
        Rule(metric="HeartbeatAgeSeconds", above_archive_timeouts=MISSED_SEGMENTS, minutes=3),
    ),
    "history-missing": _critical(
        "Older base backups of this site are gone: it cannot be restored as far back as it should.",
        Rule(metric="HistoryMissingSeconds", above=FIRST_BACKUP_DAYS * 24 * 3600, minutes=60),
    ),
    "instance-fenced": _warning("An instance has been fenced for an hour: PostgreSQL is stopped."),
    "k3s-certificate-days-left": _warning(
        "A k3s certificate of a server expires soon; restarting k3s renews it.",
        Rule(metric="K3sCertificateDaysLeft", below=_RESTART_DAYS, minutes=60),
    ),
    "machine-lost": _critical("An EC2 status check of this machine fails."),
    "missing-instances": _critical(
        "The database runs with fewer instances than configured.",
        Rule(metric="MissingInstances", above=0, minutes=10),
    ),
    "nodes-not-ready": _critical(
        "A machine of this site is not a Ready Kubernetes node.",
        Rule(metric="NodesNotReady", above=0, minutes=10),
    ),
    "operators-unavailable": _critical(
        "An operator is down: the database runs, but nothing repairs it.",
        Rule(metric="OperatorsUnavailable", above=0, minutes=10),
    ),
    "standby-lag": _warning("A standby replays too slowly; its failover takes longer."),
    "standby-not-streaming": _critical(
        "A standby receives no WAL; if none does, commits wait for one.",
        Rule(metric="StandbysNotStreaming", above=0, minutes=5),
    ),
    "stream-missing": _critical(
        "The other region follows by the archive alone: losing the writer's region would now lose "
        "about the archive timeout.",
        Rule(metric="StreamMissing", above=0, minutes=3, modes=("streaming", "synchronous")),
    ),
    "transaction-id-age": _warning(
        "Vacuum falls behind; at about two billion transactions the database refuses writes.",
        Rule(metric="TransactionIdAge", above=OLD_TRANSACTIONS, minutes=30),
    ),
    "wal-hours-left": _critical(
        f"WAL waits for the archive, and fills the data volume within {WAL_HOURS} hours.",
        Rule(metric="WalHoursLeft", below=WAL_HOURS, minutes=5),
    ),
    "writer-conflict": _critical(
        "This site's Cluster and the record name different writers.",
        Rule(metric="WriterConflict", above=0, minutes=1),
    ),
}


def raised_by_cloudwatch(
    replication: Replication,
) -> Iterator[tuple[str, AlarmMeaning, Rule]]:
    """Each alarm on a site's metrics, in one mode of replication."""
    for name, alarm in ALARMS.items():
        rule = alarm.rule
        if rule is not None and (rule.modes is None or replication in rule.modes):
            yield name, alarm, rule
