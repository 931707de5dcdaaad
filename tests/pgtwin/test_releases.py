"""A failover that was given up: the old writer goes on, however often the release is stopped."""

from dataclasses import replace

import pytest

from pgtwin.errors import PlanRefused, SiteFailed, SiteHangs, SiteRefused, SiteUnreachable
from pgtwin.execute import Position, execute
from pgtwin.release import release
from pgtwin.run import Confirm
from pgtwin.site_state import SiteState
from pgtwin.vouching import UNSEEN_EPOCHS
from tests.pgtwin.model import host_rules
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import Copy, Place, World, first_world
from topology.site import SITES

HANDED = Copy(epoch=1, writer="dr")
STEPS = ("check", "start the machines", "hold", "move the record back", "lift the fence")


def given_up(*, up: bool) -> World:
    """The primary was fenced and the record moved in both regions; nothing was promoted."""
    primary = Place(role="writer", server="p", up=up, stopped=True, copy=HANDED)
    dr = Place(role="replica", server="d", copy=HANDED)
    return World(primary=primary, dr=dr, budget=first_world().budget)


class WithoutIam(ModelSite):
    """us-east-1 is away."""

    def observe(self, *, outside: bool = False) -> SiteState:
        if outside:
            raise SiteUnreachable("IAM does not answer")
        return super().observe()

    def open_archive(self) -> None:
        raise SiteUnreachable("IAM does not answer")


class Hangs(ModelSite):
    """The primary's machine takes questions and answers none."""

    def observe(self, *, outside: bool = False) -> SiteState:
        if self.name == "primary":
            raise SiteHangs("no answer")
        return super().observe(outside=outside)

    def hold(self, *, epoch: int) -> None:
        raise SiteHangs("no answer")


def released(
    cell: Cell,
    *,
    stopped_at: str = "",
    site: type[ModelSite] = ModelSite,
    confirm: Confirm = lambda *_: None,
) -> tuple[Position, list[str]]:
    run = model_run(cell, what="failback --site primary", site=site, confirm=confirm)
    plan = release(run, "primary")
    assert plan.repeat == "pgtwin failback --site primary --release"

    def fails() -> None:
        raise SiteFailed("it broke in the middle")

    steps = tuple(
        replace(step, act=fails, done=lambda: False) if step.name == stopped_at else step
        for step in plan.steps
    )
    position = execute(replace(plan, steps=steps), lambda: run.hold_lock(("primary",)), Silence())
    run.release_lock()
    return position, run.left


def test_a_site_whose_cluster_is_gone_is_not_taken_for_one_that_was_never_promoted() -> None:
    """What it accepted is in its archive, and a release would lose it."""
    found = given_up(up=True)
    gone = replace(found.dr, exists=False, role="writer", promoted_in=1)
    cell, asked = Cell(found.put("dr", gone), Oracle((), 0)), list[str]()

    def refuse(text: str, word: str) -> None:
        asked.append(f"{text}: {word}")
        raise PlanRefused("another word was typed; nothing was changed")

    position, _ = released(cell, confirm=refuse)

    assert position.outcome == "refused"
    assert "dr has no cluster any more" in asked[0]
    assert asked[0].endswith("dr was never promoted")
    assert cell.world.primary.copy == HANDED


def test_a_replica_that_no_failover_stopped_is_not_named_as_the_writer() -> None:
    """Whoever names the wrong site would stop a writer that lives in a region nobody reaches."""
    following = Place(role="replica", server="p", copy=Copy(epoch=1, writer="dr", token="t"))
    lost = Place(role="writer", server="d", cut=True, copy=following.copy)
    cell = Cell(World(primary=following, dr=lost, budget=first_world().budget), Oracle((), 0))

    position, _ = released(cell)

    assert position.outcome == "refused"
    assert "primary is a replica that no failover has stopped" in position.problem
    assert cell.world.primary.copy == following.copy
    assert not cell.world.primary.stopped


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("stopped_at", STEPS)
def test_wherever_a_release_stops_its_printed_command_leads_to_the_old_writer(
    stopped_at: str, up: bool
) -> None:
    cell = Cell(given_up(up=up), Oracle((), 0))

    first, _ = released(cell, stopped_at=stopped_at)
    again, left = released(cell)

    assert first.outcome == "stopped"
    assert (again.outcome, left) == ("done", [])
    assert host_rules.admit(cell.world, "primary").primary.accepts


def test_a_release_needs_no_control_plane_and_says_what_is_left_to_do() -> None:
    cell = Cell(given_up(up=True), Oracle((), 0))

    position, left = released(cell, site=WithoutIam)

    assert position.outcome == "done"
    assert left == ["open the archive of primary"]
    assert cell.world.primary.writes


def test_what_a_release_left_to_do_is_done_without_stopping_the_writer_again() -> None:
    class NeverHeld(ModelSite):
        def hold(self, *, epoch: int) -> None:
            raise AssertionError("the writer was stopped")

    cell = Cell(given_up(up=True), Oracle((), 0))
    released(cell, site=WithoutIam)

    position, left = released(cell, site=NeverHeld)

    assert (position.outcome, left) == ("done", [])


def test_a_release_of_a_healthy_writer_without_any_record_does_not_stop_it() -> None:
    """What is typed after a failover of a new system that was refused at its prompt."""

    class NeverHeld(ModelSite):
        def hold(self, *, epoch: int) -> None:
            raise AssertionError("the writer was stopped")

    cell = Cell(first_world(), Oracle((), 0))

    position, left = released(cell, site=NeverHeld)

    assert (position.outcome, left) == ("done", [])
    assert cell.world.primary.accepts


def test_a_machine_that_answers_nobody_is_not_taken_for_held() -> None:
    cell = Cell(given_up(up=True), Oracle((), 0))

    position, _ = released(cell, site=Hangs)

    assert position.outcome == "timed out"
    assert cell.world.primary.copy == HANDED


def test_a_put_of_the_cancelled_failover_that_lands_late_does_not_name_the_other_site() -> None:
    """It never landed, so both copies name the old writer already, in the epoch before it."""
    world = given_up(up=True)
    for site in SITES:
        world = world.put(site, replace(world.place(site), copy=Copy(epoch=4)))
    cell = Cell(world, Oracle((), 0))
    late = Copy(epoch=5, writer="dr")

    released(cell)
    world = cell.world
    for site in SITES:
        world = host_rules.put_record(world, site, late)

    assert host_rules.newest_copy(world, "primary").writer == "primary"
    assert host_rules.admit(world, "primary").primary.accepts


def survivor_lost(*, dr: Copy = HANDED, primary: Copy = HANDED) -> Cell:
    """The failover stopped before its promotion; then the region of its survivor died."""
    world = given_up(up=False)
    world = world.put("primary", replace(world.primary, copy=primary))
    return Cell(world.put("dr", replace(world.dr, copy=dr, cut=True, up=False)), Oracle((), 0))


@pytest.mark.parametrize("own", [HANDED, Copy()], ids=["in both regions", "in that one alone"])
@pytest.mark.parametrize("stopped_at", STEPS[1:])
def test_where_the_other_region_died_the_old_writer_goes_on_for_the_word_that_it_never_wrote(
    own: Copy, stopped_at: str
) -> None:
    cell, words = survivor_lost(primary=own), list[str]()

    def confirm(_text: str, word: str) -> None:
        words.append(word)

    released(cell, stopped_at=stopped_at, confirm=confirm)
    position, _ = released(cell, confirm=confirm)

    assert position.outcome == "done", position.problem
    assert words == ["dr was never promoted"] * 2, "once in each run"
    assert host_rules.admit(cell.world, "primary").primary.accepts, "clients are let in too"
    back = cell.world.put("dr", replace(cell.world.dr, cut=False, up=True))
    assert host_rules.newest_copy(back, "dr").writer == "primary", "once the region is back too"
    assert not host_rules.contested(back, "dr")


def test_a_release_for_a_word_that_is_cut_and_repeated_only_raises_the_record_once_more() -> None:
    cell = survivor_lost()
    released(cell, stopped_at="lift the fence")
    first = cell.world.primary.copy

    position, _ = released(cell)

    again = cell.world.primary.copy
    assert position.outcome == "done", position.problem
    assert again == replace(first, epoch=first.epoch + UNSEEN_EPOCHS + 1)
    assert host_rules.admit(cell.world, "primary").primary.accepts
    back = cell.world.put("dr", replace(cell.world.dr, cut=False, up=True))
    with pytest.raises(SiteRefused):
        host_rules.promote(back, "dr", None)


def test_without_that_word_nothing_is_changed() -> None:
    def confirm(_text: str, _word: str) -> None:
        raise PlanRefused("it was not given; nothing was changed")

    cell = survivor_lost()
    before = cell.world

    position, _ = released(cell, confirm=confirm)

    assert position.outcome == "refused"
    assert cell.world == before


def test_no_word_lets_a_site_go_on_whose_record_tells_that_the_other_was_the_writer() -> None:
    """A failback renewed it after the promotion."""
    cell = survivor_lost(primary=Copy(epoch=2, writer="dr", primary="p-g2", token=""))

    position, _ = released(cell)

    assert position.outcome == "refused"
    assert "dr was promoted, so primary stays fenced" in position.problem


def test_a_machine_of_the_other_site_that_takes_questions_and_answers_none_needs_no_word() -> None:
    class OtherHangs(ModelSite):
        def observe(self, *, outside: bool = False) -> SiteState:
            if self.name == "dr":
                raise SiteHangs("it may be promoted right now")
            return super().observe(outside=outside)

    cell = Cell(given_up(up=True), Oracle((), 0))

    position, _ = released(cell, site=OtherHangs)

    assert position.outcome == "stopped"
    assert cell.world.primary.copy == HANDED


def test_a_release_leaves_a_writer_no_token_that_is_spent() -> None:
    world = given_up(up=True)
    for site in SITES:
        world = world.put(site, replace(world.place(site), copy=Copy(epoch=4, token="t")))
    cell = Cell(world, Oracle((), 0))

    released(cell)

    assert cell.world.primary.copy == Copy(epoch=5, token="")
