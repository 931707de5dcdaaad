"""The first 120 days of a healthy site, hour by hour: no alarm is ever red.

Real: the metrics that the host program makes of a status, and the rules of the alarms. Played: the
schedule of the shipped configurations and the renewal of each certificate.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from aws_cdk.aws_cloudwatch import ComparisonOperator

from host.evidence.metrics import metrics
from host.evidence.status_document import (
    BackupStatus,
    CertificateStatus,
    DumpStatus,
    EvidenceStatus,
    StatusDocument,
)
from stacks.alarm_rule import AlarmRule, site_alarms

MADE = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
"""Just after the hour of the daily dump: the longest way to the first one."""
DAYS = 120
WATCHED = {
    "LastBaseBackupAgeSeconds",
    "LastDumpAgeSeconds",
    "LastEvidenceAgeSeconds",
    "CertificateDaysLeft",
    "K3sCertificateDaysLeft",
}


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


def status(now: datetime) -> StatusDocument:
    def age(since: datetime | None) -> float:
        return (now - (since or MADE)).total_seconds()

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
        base_backups=BackupStatus(
            newest_id="", newest_age_seconds=age(last(now, 2)), restorable_from=""
        ),
        dumps=DumpStatus(newest_id=str(dump) if dump else None, newest_age_seconds=age(dump)),
        evidence=EvidenceStatus(newest_at=None, age_seconds=age(evidence)),
        certificates=tuple(sorted(operators, key=lambda each: each.days_left)),
        k3s_certificates=(certificate("serving-kube-apiserver", 365 - age(MADE) / 86_400),),
    )


def hours() -> Iterator[datetime]:
    return (MADE + timedelta(hours=hour) for hour in range(DAYS * 24))


def is_red(rule: AlarmRule, value: float) -> bool:
    below = rule.comparison is ComparisonOperator.LESS_THAN_THRESHOLD
    return value < rule.threshold if below else value > rule.threshold


@pytest.mark.parametrize(
    "rule",
    [rule for rule in site_alarms(60, streams=True) if rule.metric in WATCHED],
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
    ("metric", "value"),
    [
        ("LastDumpAgeSeconds", 27 * 3600),
        ("CertificateDaysLeft", 4.9),
        ("K3sCertificateDaysLeft", 29.9),
    ],
)
def test_what_is_not_renewed_or_taken_in_time_is_red(metric: str, value: float) -> None:
    (rule,) = [rule for rule in site_alarms(60, streams=True) if rule.metric == metric]

    assert is_red(rule, value)
