"""A region that does not answer may hold a newer record: what that asks of the other one."""

from dataclasses import replace

import pytest

from pgtwin.errors import PlanRefused
from pgtwin.execute import Position, execute
from pgtwin.failover import failover
from pgtwin.release import release
from pgtwin.run import Run
from pgtwin.settled_record import settled_record
from pgtwin.site_state import SiteState
from pgtwin.takeover import why_not
from tests.pgtwin.model import host_rules
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import Copy, World, first_world
from topology.site import SITES, SiteName

OLD = Copy(epoch=3, writer="primary", token="")


class Words:
    """Gives every word, or none, and keeps for what."""

    def __init__(self, *, given: bool = True) -> None:
        self.given = given
        self.asked: list[str] = []

    def __call__(self, _text: str, word: str) -> None:
        self.asked.append(word)
        if not self.given:
            raise PlanRefused("another word was typed")


def taken_over(old: Copy = OLD) -> World:
    """DR was promoted while the primary's region was lost. Now DR's is, and the primary's machines
    have started with the copy that they had.
    """
    world = first_world()
    primary = replace(world.primary, copy=old, seen=old, epoch_at_start=3, gate_closed=True)
    world = world.put("primary", replace(primary, promoted_in=3 if old.token is None else None))
    new = Copy(epoch=4, writer="dr")
    dr = replace(world.dr, role="writer", promoted_in=4, rows=(1,), copy=new, seen=new, cut=True)
    return world.put("dr", dr)


def failed_over(
    cell: Cell,
    to: SiteName,
    words: Words,
    *,
    limit: float | None = None,
    site: type[ModelSite] = ModelSite,
) -> tuple[Position, Run]:
    run = model_run(cell, what="failover", confirm=words, site=site)
    plan = failover(run, to, cluster="c", lose_up_to_seconds=limit)
    position = execute(plan, lambda: run.hold_lock((to,)), Silence())
    run.release_lock()
    return position, run


@pytest.mark.parametrize("token", ["", None], ids=["by a hand-over", "by a failover"])
def test_a_former_writer_goes_on_only_for_the_word_that_the_silent_site_never_took_over(
    token: str | None,
) -> None:
    cell, words = Cell(taken_over(replace(OLD, token=token)), Oracle((), 0)), Words(given=False)

    position, _ = failed_over(cell, "primary", words)

    assert position.outcome == "refused"
    assert set(words.asked) == {"dr was never promoted"}
    assert cell.world.primary.copy == replace(OLD, token=token)
    assert not cell.world.primary.accepts


def test_no_limit_stands_for_that_word() -> None:
    cell = Cell(taken_over(), Oracle((), 0))

    position, _ = failed_over(cell, "primary", Words(), limit=1e9)

    assert position.outcome == "refused"
    assert position.problem.endswith("repeat without --yes-lose-up-to")


def test_the_record_of_a_word_that_was_wrong_is_above_all_of_the_silent_region() -> None:
    cell = Cell(taken_over(), Oracle((), 0))

    position, _ = failed_over(cell, "primary", Words())

    assert position.outcome == "done", position.problem
    world = cell.world.put("dr", replace(cell.world.dr, cut=False))
    for site in SITES:
        world = host_rules.admit(world, site)
    assert world.primary.accepts
    assert not world.dr.accepts


def test_a_writer_whose_gate_opens_a_moment_later_needs_no_word() -> None:
    """The command is typed again right after a run that was killed in its promotion."""

    class Late(ModelSite):
        looks = 0

        def observe(self, *, outside: bool = False) -> SiteState:
            Late.looks += self.name == "primary"
            state = super().observe(outside=outside)
            return replace(state, clients_admitted=Late.looks > 2)

    world = taken_over(replace(OLD, token=None))
    world = world.put("primary", replace(world.primary, gate_closed=False))
    cell, words = Cell(world, Oracle((), 0)), Words()

    position, _ = failed_over(cell, "primary", words, limit=60, site=Late)

    assert position.outcome == "done", position.problem
    assert not words.asked


def test_a_writer_whose_machines_have_read_who_took_over_is_refused_without_that_region() -> None:
    state = SiteState(
        site="primary",
        role="writer",
        accepts_writes=True,
        healthy=True,
        fenced=False,
        following=False,
        server_name="p",
        known_epoch=4,
        known_writer="dr",
    )

    problem = why_not(state, OLD.record(), other_is_silent=True)

    assert problem is not None
    assert problem.startswith("primary was the writer until the record moved to dr")


def given_up() -> Cell:
    """A failover to DR was given up for somebody's word while DR was lost; now DR is back."""
    world, begun = first_world(), Copy(epoch=1, writer="dr")
    world = world.put("primary", replace(world.primary, copy=begun, seen=begun, stopped=True))
    world = world.put("dr", replace(world.dr, copy=begun, seen=begun, cut=True, up=False))
    cell = Cell(world, Oracle((), 0))
    run = model_run(cell, what="release")
    released = execute(release(run, "primary"), lambda: run.hold_lock(("primary",)), Silence())
    run.release_lock()
    assert released.outcome == "done"
    world = cell.world.put("dr", replace(cell.world.dr, cut=False, up=True))
    cell.world = host_rules.admit(world, "dr")
    return cell


def without_primary(cell: Cell) -> Cell:
    cell.world = cell.world.put("primary", replace(cell.world.primary, cut=True, up=False))
    return cell


def test_after_a_release_without_the_other_region_that_one_can_take_over_in_one_run() -> None:
    cell = without_primary(given_up())

    position, _ = failed_over(cell, "dr", Words())

    assert position.outcome == "done", position.problem
    assert cell.world.dr.accepts


def test_settling_the_record_brings_both_copies_above_all_that_any_machine_has_read() -> None:
    cell = given_up()
    run = model_run(cell, what="record")

    position = execute(
        settled_record(run, "primary", cluster="c"), lambda: run.hold_lock(SITES), Silence()
    )

    assert position.outcome == "done", position.problem
    assert cell.world.primary.copy == cell.world.dr.copy
    assert cell.world.dr.copy.epoch > 1000
