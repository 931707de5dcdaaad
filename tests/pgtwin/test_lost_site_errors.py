"""In a failover, no error of the lost site stops the plan, except one that tells of a rival."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from pgtwin.errors import (
    Locked,
    PgtwinError,
    PlanRefused,
    RecordConflict,
    SiteFailed,
    SiteRefused,
    SiteTimedOut,
    SiteUnreachable,
)
from pgtwin.record import Record
from pgtwin.run import Run
from pgtwin.site import Site
from pgtwin.steps import refuse_without_alias
from topology.site import SiteName

RECORD = Record(epoch=3, writer="primary", server_names={"primary": "postgres-cluster", "dr": "dr"})
SITE_ERRORS = (SiteUnreachable, SiteRefused, SiteFailed, SiteTimedOut)


class Broken:
    """A site of which every call ends with the same error."""

    name: SiteName = "primary"

    def __init__(self, error: PgtwinError) -> None:
        self._error = error

    def __getattr__(self, _: str) -> Any:
        def fail(*_: object, **__: object) -> None:
            raise self._error

        return fail


@dataclass
class Survivor:
    """A site that answers."""

    name: SiteName = "dr"
    locked: bool = False

    def take_lock(self, _: object) -> None:
        self.locked = True

    def release_lock(self, _: str) -> None:
        self.locked = False

    def read_record(self) -> Record:
        return RECORD


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here waits, and not {seconds} s")


@dataclass
class Told:
    lines: list[str] = field(default_factory=list)


def _run(error: PgtwinError, told: Told, survivor: Survivor) -> Run:
    return Run(
        id="r",
        owner="somebody@somewhere",
        what="failover",
        sites={"primary": cast(Site, Broken(error)), "dr": cast(Site, survivor)},
        clusters={"primary": "postgres-cluster", "dr": "dr"},
        clock=Clock(),
        tell=told.lines.append,
        confirm=lambda *_: None,
    )


@pytest.mark.parametrize("kind", SITE_ERRORS)
def test_lock_and_record_are_those_of_the_survivor(kind: type[PgtwinError]) -> None:
    told, survivor = Told(), Survivor()
    run = _run(kind("no"), told, survivor)

    run.hold_lock(("dr",))

    assert survivor.locked
    assert run.newest_record(("dr",)) == RECORD
    assert run.observe("primary") is None
    run.release_lock()
    assert not survivor.locked
    assert all("primary" in line for line in told.lines)
    assert told.lines
    run.hold_lock(("dr",))
    assert len(told.lines) == 1, "the same is said once"


@pytest.mark.parametrize("kind", [Locked, RecordConflict])
def test_what_tells_of_another_operator_stops_the_plan(kind: type[PgtwinError]) -> None:
    run = _run(kind("by somebody else"), Told(), Survivor())

    with pytest.raises(kind):
        run.hold_lock(("dr",))


def test_a_needed_site_that_fails_stops_the_plan() -> None:
    run = _run(SiteRefused("no"), Told(), Survivor())

    with pytest.raises(SiteRefused):
        run.hold_lock(("primary", "dr"))


@pytest.mark.parametrize("kind", SITE_ERRORS)
def test_no_switchover_begins_while_the_writers_name_cannot_be_moved(
    kind: type[PgtwinError],
) -> None:
    run = _run(kind("route53 in us-east-1"), Told(), Survivor())

    with pytest.raises(PlanRefused, match="nothing was changed"):
        refuse_without_alias(run)
