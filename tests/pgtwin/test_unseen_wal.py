"""A failback deletes what may exist nowhere else only for the word that says so."""

from dataclasses import replace

import pytest

from pgtwin.deletion import unknown_word
from pgtwin.errors import PlanRefused, StepFailed
from pgtwin.execute import execute
from pgtwin.failback import failback
from pgtwin.site_state import Unarchived
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import ModelClock, Silence
from tests.pgtwin.model.world import Copy, Place, World, first_world


class Unseen(ModelSite):
    """A site whose database's pods cannot be looked into."""

    def unarchived(self) -> Unarchived | None:
        return None


def lost_and_back() -> World:
    """DR took over; the primary is back, with a row that was never archived."""
    copy = Copy(epoch=2, writer="dr", primary="p-g2")
    primary = Place(role="writer", server="p", stopped=True, rows=(1, 2), archived=(1,), copy=copy)
    dr = Place(role="writer", server="d", rows=(1,), archived=(1,), promoted_in=1, copy=copy)
    start = first_world()
    return World(primary=primary, dr=dr, budget=start.budget, truth=(1,))


def clone(site: type[ModelSite], typed: str) -> tuple[World, list[str]]:
    """The step that deletes; what is there afterwards, and what was said."""
    cell, said = Cell(lost_and_back(), Oracle((), 0)), list[str]()

    def confirm(text: str, word: str) -> None:
        said.append(text)
        if word != typed:
            raise PlanRefused("nothing was changed")

    run = model_run(cell, what="failback", site=site, tell=said.append, confirm=confirm)
    step = next(s for s in failback(run, "primary", cluster="p").steps if s.name == "clone")
    step.act()
    return cell.world, said


def test_what_only_the_lost_site_has_is_counted_before_it_is_deleted() -> None:
    world, said = clone(ModelSite, "p")

    assert world.primary.server == "p-g2"
    assert any("1 WAL segments exist only there" in line for line in said)


def test_the_clusters_name_alone_does_not_delete_what_nobody_could_look_at() -> None:
    with pytest.raises(StepFailed, match="nothing was deleted, and PostgreSQL of primary stays"):
        clone(Unseen, "p")


def test_a_wrong_word_behind_steps_that_changed_something_says_what_to_run_next() -> None:
    cell = Cell(lost_and_back(), Oracle((), 0))

    def confirm(_text: str, _word: str) -> None:
        raise PlanRefused("'no' is not p; nothing was changed")

    run = model_run(cell, what="failback", confirm=confirm)
    plan = failback(run, "primary", cluster="p", stay=True)
    position = execute(plan, lambda: None, Silence())

    assert position.outcome == "stopped"
    assert plan.repeat == "pgtwin failback --site primary --stay"
    assert "nothing was changed" not in position.problem
    assert cell.world.primary.server == "p"


def test_what_nobody_could_look_at_is_deleted_for_a_word_that_says_so() -> None:
    world, said = clone(Unseen, unknown_word("p"))

    assert world.primary.server == "p-g2"
    assert any("IS UNKNOWN" in line for line in said)


def test_who_types_the_name_a_day_after_the_look_is_shown_what_is_there_by_then() -> None:
    cell, said = Cell(lost_and_back(), Oracle((), 0)), list[str]()
    clock = ModelClock(cell)

    def confirm(text: str, _word: str) -> None:
        said.append(text)
        if len(said) == 1:
            cell.world = cell.world.put("primary", replace(cell.world.primary, rows=(1, 2, 3)))
            clock.sleep(1)

    run = model_run(cell, what="failback", clock=clock, confirm=confirm)
    step = next(s for s in failback(run, "primary", cluster="p").steps if s.name == "clone")
    step.act()

    assert ["1 WAL" in said[0], "2 WAL" in said[1], len(said)] == [True, True, 2]
