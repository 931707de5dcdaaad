"""The first 120 days of a healthy site, hour by hour: no alarm is ever red.

Real: the metrics that the host program makes of a status, and the rules of the alarms. Played: the
schedule of the shipped configurations, the renewal of each certificate, and a database that is busy
by day and vacuumed when PostgreSQL's defaults ask for it.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aws_cdk.aws_cloudwatch import ComparisonOperator

from host.archive.archive import BaseBackup
from host.archive.archives import Restorable
from host.evidence.metrics import metrics
from host.evidence.status_document import (
    BackupStatus,
    CertificateStatus,
    DumpStatus,
    EtcdSnapshotStatus,
    EvidenceStatus,
    StatusDocument,
    VolumeStatus,
)
from host.evidence.status_parts import history_begins
from host.evidence.wal_room import hours_left
from host.kubernetes.cluster import Cluster
from host.postgres.postgres_state import PostgresState
from stacks.alarm_rule import AlarmRule, site_alarms
from tests.host.decisions.examples import postgres

MADE = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
"""Just after the hour of the daily dump: the longest way to the first one."""
DAYS = 120
LIVE = Cluster(
    item={
        "metadata": {"name": "postgres-cluster", "creationTimestamp": MADE.isoformat()},
        "spec": {"plugins": []},
    }
)
WATCHED = {
    "HistoryMissingSeconds",
    "LastBaseBackupAgeSeconds",
    "LastDumpAgeSeconds",
    "LastEtcdSnapshotAgeSeconds",
    "LastEvidenceAgeSeconds",
    "CertificateDaysLeft",
    "K3sCertificateDaysLeft",
    "ArchiveFailed",
    "ArchiveWaitSeconds",
    "ConnectionsUsedPercent",
    "DataVolumeUsedPercent",
    "TransactionIdAge",
    "WalHoursLeft",
}
VACUUMED_AT, FROZEN_TO = 200_000_000, 50_000_000
"""PostgreSQL's defaults of autovacuum_freeze_max_age and vacuum_freeze_min_age."""
TRANSACTIONS_PER_HOUR = 3_600_000
VOLUME = VolumeStatus(
    pod="postgres-cluster-1", size_bytes=100 * 1024**3, used_bytes=60 * 1024**3, used_percent=60.0
)


def last(now: datetime, hour: int, *, every_days: int = 1) -> datetime | None:
    """The last time that a job of that hour ended; a job takes an hour."""
    day = MADE.replace(hour=hour, minute=0)
    runs = [day + timedelta(days=n, hours=1) for n in range(0, DAYS + 1, every_days)]
    return max((run for run in runs if MADE + timedelta(hours=1) <= run <= now), default=None)


def days_left(now: datetime, *, lasts: int, renewed_before: int) -> float:
    """Of a certificate that is renewed so many days before its end."""
    age = (now - MADE) % timedelta(days=lasts - renewed_before)
    return lasts - age / timedelta(days=1)


def certificate(name: str, days: float) -> CertificateStatus:
    return CertificateStatus(name=name, expires="", days_left=days)


ENDED = [MADE + timedelta(hours=1)] + [
    MADE.replace(hour=3, minute=0) + timedelta(days=day) for day in range(1, DAYS)
]
"""When each base backup did: the first at once, then each night."""


def base_backup(ended: datetime) -> BaseBackup:
    return BaseBackup(backup_id="", ended=ended, timeline=1, written=ended)


def kept(now: datetime, days: int) -> list[BaseBackup]:
    """The daily ones that barman keeps: the newest from before its window, and all after it."""
    ended = ENDED[: bisect_right(ENDED, now)]
    return [
        base_backup(each)
        for each in ended[max(0, bisect_right(ENDED, now - timedelta(days=days)) - 1) :]
    ]


def missing(now: datetime, *, days: int = 30, backups: list[BaseBackup] | None = None) -> timedelta:
    """Of the history that a site made with it should have."""
    found = (kept(now, days) if backups is None else backups) or [base_backup(MADE)]
    begins = history_begins(now, cluster=LIVE, record=None, retention_days=days)
    return Restorable(oldest=found[0], newest=found[-1]).missing(begins)


def database(now: datetime) -> PostgresState:
    """A thousand transactions per second, and clients by day. A segment waits for 20 s at most."""
    busy, hours = 8 <= now.hour < 20, int((now - MADE) / timedelta(hours=1))
    grown = hours * TRANSACTIONS_PER_HOUR
    return replace(
        postgres(in_recovery=False),
        archive_backlog_segments=3 if busy else 0,
        archive_wait_seconds=20.0 if busy else 0.0,
        connections_used_percent=70.0 if busy else 5.0,
        transaction_id_age=FROZEN_TO + grown % (VACUUMED_AT - FROZEN_TO) if grown else 0,
    )


def status(now: datetime) -> StatusDocument:
    def age(since: datetime | None) -> float:
        return (now - (since or MADE)).total_seconds()

    state = database(now)
    dump, evidence = last(now, 4), last(now, 6, every_days=7)
    operators = [
        certificate("cluster", days_left(now, lasts=90, renewed_before=7)),
        certificate("plugin", days_left(now, lasts=90, renewed_before=15)),
    ]
    return StatusDocument(
        schema=1,
        site="primary",
        region="eu-west-1",
        at="",
        bundle="",
        replication="streaming",
        postgres=state,
        volumes=(VOLUME,),
        wal_hours_left=hours_left(state, (VOLUME,), VOLUME.pod),
        base_backups=BackupStatus(
            newest_id="",
            newest_age_seconds=age(last(now, 2)),
            restorable_from="",
            history_missing_seconds=missing(now).total_seconds(),
        ),
        dumps=DumpStatus(newest_id=str(dump) if dump else None, newest_age_seconds=age(dump)),
        etcd_snapshots=EtcdSnapshotStatus(
            newest_name=None, newest_age_seconds=((now - MADE) % timedelta(hours=6)).total_seconds()
        ),
        evidence=EvidenceStatus(newest_at=None, age_seconds=age(evidence)),
        certificates=tuple(sorted(operators, key=lambda each: each.days_left)),
        k3s_certificates=(certificate("serving-kube-apiserver", 365 - age(MADE) / 86_400),),
    )


def hours() -> Iterator[datetime]:
    return (MADE + timedelta(hours=hour) for hour in range(DAYS * 24))


@pytest.mark.parametrize("days", [1, 7, 30])
def test_no_history_is_missing_with_any_retention(days: int) -> None:
    assert not [now for now in hours() if missing(now, days=days) > timedelta(hours=2)]


def is_red(rule: AlarmRule, value: float) -> bool:
    below = rule.comparison is ComparisonOperator.LESS_THAN_THRESHOLD
    return value < rule.threshold if below else value > rule.threshold


@pytest.mark.parametrize(
    "rule",
    [rule for rule in site_alarms(60, "streaming") if rule.metric in WATCHED],
    ids=lambda rule: rule.name,
)
def test_no_alarm_is_red_on_a_healthy_site_in_its_first_120_days(rule: AlarmRule) -> None:
    red = [
        now
        for now in hours()
        for metric in metrics(status(now), "postgres-cluster")
        if metric["MetricName"] == rule.metric and is_red(rule, metric["Value"])
    ]

    assert red == []


@pytest.mark.parametrize(
    "rule",
    [rule for rule in site_alarms(60, "streaming") if rule.metric in WATCHED],
    ids=lambda rule: rule.name,
)
def test_each_watched_metric_is_there_from_the_first_minute_on(rule: AlarmRule) -> None:
    written = {metric["MetricName"] for metric in metrics(status(MADE), "postgres-cluster")}

    assert rule.metric in written, "missing data is an alarm"


def test_a_dump_that_never_comes_is_red_from_its_26th_hour_on_and_not_before() -> None:
    (rule,) = [rule for rule in site_alarms(60, "streaming") if rule.name == "dump-age"]

    def is_red_without_a_dump(hour: int) -> bool:
        none = DumpStatus(newest_id=None, newest_age_seconds=hour * 3600.0)
        document = replace(status(MADE + timedelta(hours=hour)), dumps=none)
        (value,) = [
            metric["Value"]
            for metric in metrics(document, "postgres-cluster")
            if metric["MetricName"] == rule.metric
        ]
        return is_red(rule, value)

    assert [hour for hour in range(72) if is_red_without_a_dump(hour)] == [*range(27, 72)]


NOW = MADE + timedelta(days=10)
YESTERDAY = NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("LastDumpAgeSeconds", 27 * 3600),
        ("LastEtcdSnapshotAgeSeconds", 27 * 3600),
        ("HistoryMissingSeconds", missing(NOW, backups=[base_backup(YESTERDAY)]).total_seconds()),
        ("CertificateDaysLeft", 4.9),
        ("K3sCertificateDaysLeft", 29.9),
        ("ConnectionsUsedPercent", 80.1),
        ("TransactionIdAge", 300_000_001),
        ("WalHoursLeft", 71.9),
    ],
)
def test_what_is_late_or_nearly_used_up_is_red(metric: str, value: float) -> None:
    (rule,) = [rule for rule in site_alarms(60, "streaming") if rule.metric == metric]

    assert is_red(rule, value)
