"""When a site's own measurements call for a person."""

from dataclasses import dataclass

_DAY_AND_TWO_HOURS = 26 * 3600


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """A metric of the namespace `pgtwin`, and the value that it must not exceed for so long."""

    name: str
    metric: str
    above: float
    minutes: int
    meaning: str


SITE_ALARMS = (
    AlarmRule(
        name="heartbeat-age",
        metric="HeartbeatAgeSeconds",
        above=300,
        minutes=3,
        meaning="The writer's heartbeat has not reached this site: what would be lost grows.",
    ),
    AlarmRule(
        name="archive-failing",
        metric="WalArchiveFailing",
        above=0,
        minutes=5,
        meaning="WAL segments do not reach this site's archive: the disk fills and the RPO grows.",
    ),
    AlarmRule(
        name="base-backup-age",
        metric="BaseBackupAgeSeconds",
        above=_DAY_AND_TWO_HOURS,
        minutes=5,
        meaning="No base backup of this site for over a day.",
    ),
    AlarmRule(
        name="dump-age",
        metric="DumpAgeSeconds",
        above=_DAY_AND_TWO_HOURS,
        minutes=5,
        meaning="No complete dump in this site's bucket for over a day.",
    ),
)
"""Silence counts as breaching, so a dead site or a dead report raises every one of them."""
