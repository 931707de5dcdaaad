"""us-east-1 may be lost together with the writer's region; nothing stops a writer that writes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from pgtwin.errors import SiteError, SiteRefused, SiteTimedOut, SiteUnreachable
from pgtwin.execute import Position, execute
from pgtwin.failover import failover
from pgtwin.run import Run
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import first_world
from topology.site import SiteName

CONTROL_PLANES = {"close_archive", "open_archive", "point_alias", "alias", "observe outside"}


@dataclass
class Watched:
    """A site that notes each call; those of `failing` end with `error`."""

    site: ModelSite
    calls: list[str]
    error: SiteError | None
    failing: set[str]

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.site, name)
        if not callable(method):
            return method

        def call(*args: object, **options: object) -> object:
            what = f"{name} outside" if options.get("outside") else name
            self.calls.append(what)
            if self.error and what in self.failing:
                raise self.error
            return method(*args, **options)

        return call


@dataclass
class Played:
    """A failover to DR while the primary's region is lost, machines and all."""

    error: SiteError | None = None
    failing: set[str] = field(default_factory=lambda: CONTROL_PLANES - {"observe outside"})
    calls: list[str] = field(default_factory=list)

    def play(self, hold_lock: Callable[[], None] | None = None) -> tuple[Run, Position]:
        world = first_world()
        world = world.put("primary", replace(world.primary, cut=True, up=False))
        cell = Cell(world, Oracle((), 0))

        def watched(name: SiteName, cell: Cell) -> Any:
            return Watched(ModelSite(name, cell), self.calls, self.error, self.failing)

        run = model_run(
            cell,
            what="failover",
            site=watched,
            confirm=lambda *_: self.calls.append("confirmed"),
        )
        plan = failover(run, "dr", cluster="dr")
        return run, execute(plan, hold_lock or (lambda: run.hold_lock(("dr",))), Silence())


def test_between_the_decision_and_the_first_write_no_control_plane_is_asked() -> None:
    played = Played()

    _, position = played.play()

    assert position.outcome == "done", position.problem
    decided, wrote = played.calls.index("confirmed"), played.calls.index("promote")
    assert not CONTROL_PLANES & set(played.calls[decided:wrote])
    assert {"open_archive", "close_archive", "point_alias"} <= set(played.calls[wrote:])


@pytest.mark.parametrize("error", [SiteUnreachable("us-east-1 is lost"), SiteRefused("no")])
def test_control_planes_that_fail_leave_something_to_do_and_stop_nothing(error: SiteError) -> None:
    run, position = Played(error).play()

    assert position.outcome == "done", position.problem
    assert run.left == [
        "point the alias of dr's region at dr",
        "point the alias of primary's region at dr",
        "open the archive of dr",
        "close the archive of primary",
    ]


def test_a_lock_that_a_region_is_silent_about_leaves_what_comes_behind_the_promotion() -> None:
    played = Played()

    def silent_once_it_writes() -> None:
        if "promote" in played.calls:
            raise SiteUnreachable("extend the lock: no answer")

    run, position = played.play(hold_lock=silent_once_it_writes)

    assert position.outcome == "done", position.problem
    assert run.left == [
        "point the alias of dr's region at dr",
        "point the alias of primary's region at dr",
        "open the archive of dr",
        "close the archive of primary",
        "see whether dr lets clients in",
        "settle dr",
        "a base backup of dr",
    ]


@pytest.mark.parametrize("error", [SiteTimedOut("the operator restarts"), SiteUnreachable("lost")])
def test_a_writer_that_writes_is_not_called_failed_for_its_restarts_or_its_backup(
    error: SiteError,
) -> None:
    run, position = Played(error, {"settle", "begin_backup"}).play()

    assert position.outcome == "done", position.problem
    assert run.left == ["settle dr", "a base backup of dr"]
