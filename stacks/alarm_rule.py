"""The catalogue's alarms of CloudWatch, with the thresholds of one configuration."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk.aws_cloudwatch import ComparisonOperator

from topology.alarms import raised_by_cloudwatch
from topology.topology import Replication

_ABOVE = ComparisonOperator.GREATER_THAN_THRESHOLD
_BELOW = ComparisonOperator.LESS_THAN_THRESHOLD


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """A metric of a site, and the value that it must not pass for so many minutes."""

    name: str
    meaning: str
    metric: str
    minutes: int
    threshold: float
    comparison: ComparisonOperator

    @property
    def worst(self) -> str:
        """The statistic: every server of a site puts its own value, and none hides another's."""
        return "Minimum" if self.comparison is _BELOW else "Maximum"


def site_alarms(archive_timeout_seconds: int, replication: Replication) -> tuple[AlarmRule, ...]:
    """The alarms of a site whose WAL is archived at least every `archive_timeout_seconds`."""
    return tuple(_site_alarms(archive_timeout_seconds, replication))


def _site_alarms(archive_timeout_seconds: int, replication: Replication) -> Iterator[AlarmRule]:
    for name, alarm, rule in raised_by_cloudwatch(replication):
        yield AlarmRule(
            name=name,
            meaning=alarm.meaning,
            metric=rule.metric,
            minutes=rule.minutes,
            threshold=rule.threshold(archive_timeout_seconds),
            comparison=_ABOVE if rule.below is None else _BELOW,
        )
