"""Which figures there are, and where in a drill's report each of them stands."""

from collections.abc import Callable, Iterator
from typing import Any

from drill.measured import configured_losses, offline
from drill.measured.kind import Kind, Read
from drill.report.document import Report, ScenarioResult
from drill.scenarios import catalogue
from topology.site import SiteName

MANY_LOSSES = 20


def _scenario(scenario: str, read: Callable[[ScenarioResult], Any]) -> Read:
    """A figure of one scenario; None where it was not played, or not judged on a busy machine."""

    def find(report: Report) -> float | None:
        for result in report.scenarios:
            if result.name == scenario and result.outcome in ("kept", "broken"):
                value = read(result)
                return None if value is None else float(value)
        return None

    return find


def _seconds(scenario: str) -> Read:
    return _scenario(scenario, lambda result: result.measured_seconds)


def _detail(scenario: str, *path: str | int) -> Read:
    def read(result: ScenarioResult) -> Any:
        value: Any = result.details
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError):
                return None
        return value

    return _scenario(scenario, read)


def _slowest_pool(scenario: str) -> Read:
    """The longest pause of any pool in the writer's first move; None where none was tried."""

    def read(result: ScenarioResult) -> float | None:
        found: Any = result.details.get("pools_pauses_seconds")
        first = found[0] if isinstance(found, list | tuple) and found else found
        return max(first.values(), default=None) if isinstance(first, dict) else None

    return _scenario(scenario, read)


def _of(scenario: str, title: str, *, headline: bool = False, **more: Any) -> Kind:
    """A figure of a scenario: named after it, its own measurement unless told otherwise."""
    return Kind(
        name=more.pop("name", scenario),
        title=title,
        unit=more.pop("unit", "s"),
        by=f"scenario `{scenario}`",
        read=more.pop("read", None) or _seconds(scenario),
        headline=headline,
        digits=more.pop("digits", 2),
    )


def _ready(site: SiteName) -> Kind:
    return Kind(
        name=f"ready-{site}",
        title=f"{site} ready, from power on",
        unit="s",
        by="the start of a drill",
        read=lambda report: report.ready_seconds.get(site),
        headline=True,
    )


def _losses(what: str, title: str, read: Callable[[Report], float | None]) -> Kind:
    """A figure over many losses at random moments; one loss alone is no distribution."""
    return Kind(
        name=f"losses-{what}",
        title=f"losses at random moments: {title}",
        unit="s",
        by="`make drill-full`",
        read=lambda report: read(report) if report.rto_seconds.n >= MANY_LOSSES else None,
        headline=True,
    )


def _whole(report: Report) -> float | None:
    """How long a drill took that was no part of one and repeated no loss."""
    played = {result.name for result in report.scenarios}
    return report.duration_seconds if played == {each.name for each in catalogue.ALL} else None


def _modes(report: Report) -> list[float]:
    """From the decision to the first write, of every way in which the region failed."""
    return [loss.since_decision_seconds for loss in report.losses]


def _parts() -> Iterator[Kind]:
    for part in ("detection", "decision", "promotion", "reconnect"):
        yield _of(
            "region-lost",
            f"... of it {part}",
            name=f"region-lost-{part}",
            read=_detail("region-lost", "rto_parts_seconds", part),
        )


KINDS: tuple[Kind, ...] = (
    Kind(
        name="drill",
        title="the whole drill",
        unit="s",
        by="`make drill`, `make drill-real`",
        read=_whole,
        headline=True,
    ),
    _ready("primary"),
    _ready("dr"),
    _of("follows", "replication lag, slowest row", headline=True),
    _of(
        "follows",
        "replication lag, mean",
        name="follows-mean",
        read=_detail("follows", "mean_seconds"),
    ),
    _of(
        "switchover",
        "planned switchover, longest gap between writes",
        name="switchover-to-dr",
        read=_detail("switchover", "pauses_seconds", 0),
        headline=True,
    ),
    _of(
        "switchover",
        "... and back",
        name="switchover-back",
        read=_detail("switchover", "pauses_seconds", 1),
        headline=True,
    ),
    _of(
        "switchover",
        "... the slowest of the applications' pools",
        name="switchover-pools",
        read=_slowest_pool("switchover"),
        headline=True,
    ),
    _of("region-lost", "loss of a region: first write, from the decision", headline=True),
    _of(
        "region-lost",
        "... RTO, decided at once",
        name="region-lost-rto",
        read=_detail("region-lost", "rto_seconds"),
        headline=True,
    ),
    *_parts(),
    _of(
        "region-lost",
        "... RPO",
        name="region-lost-rpo",
        read=_detail("region-lost", "rpo_seconds"),
        headline=True,
    ),
    _of(
        "region-lost",
        "... the slowest of the applications' pools, from the cut",
        name="region-lost-pools",
        read=_slowest_pool("region-lost"),
        headline=True,
    ),
    _losses("rpo-median", "RPO, median", lambda report: report.rpo_seconds.p50),
    _losses("rpo-worst", "RPO, worst", lambda report: report.rpo_seconds.max),
    _losses("rto-median", "RTO, median", lambda report: report.rto_seconds.p50),
    _losses("rto-worst", "RTO, worst", lambda report: report.rto_seconds.max),
    _losses(
        "fastest-mode",
        "first write from the decision, fastest failure mode",
        lambda report: min(_modes(report), default=None),
    ),
    _losses(
        "slowest-mode",
        "first write from the decision, slowest failure mode",
        lambda report: max(_modes(report), default=None),
    ),
    *configured_losses.kinds(),
    Kind(
        name="consistency",
        title="changes of the writer under clients whose history porcupine calls consistent",
        unit="changes",
        by="`make consistency`",
        headline=True,
    ),
    _of("machines-lost", "loss of the machines alone: first write, from the decision"),
    _of("returns-fenced", "a former writer that comes back is fenced"),
    _of("failback", "failback of a lost region, with the switchover", headline=True),
    _of("instance-deleted", "primary pod deleted, longest gap between writes", headline=True),
    _of("machine-lost", "primary's machine off, longest gap between writes", headline=True),
    _of("machine-replaced", "a dead machine replaced: every instance ready, after the deployment"),
    _of("dr-machine-replaced", "DR's only server replaced: it follows again, after the deployment"),
    _of("point-in-time", "restore to a chosen moment", headline=True),
    _of("interrupted-backup", "base backup"),
    _of("dropped-table", "dump", name="dump", read=_detail("dropped-table", "dump_seconds")),
    _of("dropped-table", "a table back from the dumps of both buckets"),
    _of("new-certificates", "new certificates are presented, after the command"),
    _of("major-upgrade", "a new major version, longest gap between writes"),
    _of(
        "major-upgrade",
        "... the whole command",
        name="major-upgrade-command",
        read=_detail("major-upgrade", "upgrade_seconds"),
    ),
    _of(
        "major-upgrade",
        "... of that, the clone of the replica",
        name="major-upgrade-clone",
        read=_detail("major-upgrade", "steps_seconds", "clone the replica"),
    ),
    _of("verified", "verification of the newest backups", headline=True),
    _of(
        "idle-follower",
        "processor time of an idle replica, which reads the archive",
        name="idle-follower-cores",
        unit="cores",
        digits=3,
        read=_detail("idle-follower", "cores"),
        headline=True,
    ),
    _of(
        "idle-follower",
        "... measured over",
        name="idle-follower-interval",
        read=_detail("idle-follower", "interval_seconds"),
    ),
    *offline.KINDS,
)
"""In the order of the tables."""
