"""The loss is confirmed before the fence and measured again behind it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pgtwin.confirmation import FRESH_SECONDS
from pgtwin.deadlines import FENCE_SECONDS, STOPPED_SECONDS
from pgtwin.errors import PlanRefused, StepFailed
from pgtwin.failover import failover
from pgtwin.failover_check import MORE_SECONDS
from pgtwin.loss import Loss
from pgtwin.plan import Plan
from pgtwin.site_state import SiteState
from tests.pgtwin.model import host_rules
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import NOW
from tests.pgtwin.model.world import Copy, first_world
from topology.site import SiteName


class Clock:
    """It moves where somebody waits; machines stop meanwhile."""

    def __init__(self) -> None:
        self.at = NOW
        self.cell: Cell | None = None
        self.rows: dict[SiteName, datetime] = {"primary": NOW}
        """The newest row of each site that has arrived."""

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        if self.cell is not None:
            self.cell.world = host_rules.end_stop(self.cell.world, "primary")


class Aging(ModelSite):
    """Rows get older; the newest is read, whichever site wrote it, as the host program does."""

    clock: Clock

    def observe(self, *, outside: bool = False) -> SiteState:
        ages = [self.clock.now() - at for at in self.clock.rows.values()]
        age = min(ages).total_seconds() if ages else None
        state = super().observe(outside=outside)
        return SiteState(**{**vars(state), "heartbeat_age_seconds": age})


class Waiting(Aging):
    """Told to write by a switchover, and not there before the last WAL is."""

    def observe(self, *, outside: bool = False) -> SiteState:
        state = super().observe(outside=outside)
        return SiteState(**{**vars(state), "role": "writer", "accepts_writes": False})


def plan(
    clock: Clock,
    said: list[str],
    limit: float | None,
    kind: type[Aging] = Aging,
    *,
    reads_for_seconds: float = 0,
    synchronous: bool = False,
) -> tuple[Plan, Cell]:
    def confirm(text: str, _word: str) -> None:
        said.append(text)
        clock.sleep(reads_for_seconds)

    cell = clock.cell = clock.cell or Cell(first_world(), Oracle((), 0))
    site = type("Site", (kind,), {"clock": clock})
    run = model_run(
        cell,
        what="failover",
        site=site,
        clock=clock,
        tell=said.append,
        confirm=confirm,
    )
    made = failover(run, "dr", cluster="d", lose_up_to_seconds=limit, synchronous=synchronous)
    return made, cell


def take(of: Plan, *names: str) -> None:
    for step in of.steps:
        if step.name in names and not step.done():
            step.act()


def test_more_than_what_was_allowed_is_refused_before_anything_is_changed() -> None:
    clock, said = Clock(), list[str]()
    clock.sleep(59.4)
    first, cell = plan(clock, said, 59.0)

    with pytest.raises(PlanRefused, match=r"at most 60 s .* more than the 59 s"):
        take(first, "check")
    assert cell.world.primary.accepts


def test_what_was_allowed_and_is_exceeded_behind_the_fence_is_not_promoted() -> None:
    clock, said = Clock(), list[str]()
    clock.sleep(55)
    first, cell = plan(clock, said, 60.0)
    take(first, "check", "fence", "move the record", "re-check the old writer")
    clock.sleep(6)

    with pytest.raises(StepFailed, match=r"at most 6[0-9] s .* more than the 60 s .*--release"):
        take(first, "measure again")
    assert cell.world.dr.role == "replica"


def test_a_row_that_arrives_until_the_fence_counts_though_the_record_has_moved() -> None:
    clock, said = Clock(), list[str]()
    clock.sleep(50)
    first, cell = plan(clock, said, 60.0)
    take(first, "check", "fence", "move the record", "re-check the old writer")
    clock.rows["primary"] = clock.now()
    clock.sleep(30)

    take(first, "measure again", "promote")

    assert any("after fencing: at most 30 s" in line for line in said)
    assert cell.world.dr.accepts


def test_a_failover_that_was_cut_after_the_record_moved_goes_on_within_its_limit() -> None:
    clock, said = Clock(), list[str]()
    first, cell = plan(clock, said, 60.0)
    take(first, "check", "fence", "move the record")

    repeat, _ = plan(clock, said, 60.0)
    take(repeat, *(step.name for step in repeat.steps[:6]))

    assert cell.world.dr.accepts


def test_who_typed_the_word_is_told_the_loss_behind_the_fence() -> None:
    clock, said = Clock(), list[str]()
    clock.sleep(55)
    first, cell = plan(clock, said, None)
    take(first, "check", "fence", "move the record", "re-check the old writer")
    clock.sleep(6)

    take(first, "measure again", "promote")

    assert "at most 55 s of primary's writes will be lost" in said[0]
    assert any("after fencing: at most 6" in line for line in said)
    assert cell.world.dr.accepts


def test_a_typed_word_is_not_for_what_an_old_writer_accepts_long_after_it() -> None:
    """Its archive is broken: it lives, and no row of it arrives."""
    clock, said = Clock(), list[str]()
    clock.sleep(300)
    first, cell = plan(clock, said, None)
    cell.world = cell.world.put("primary", replace(cell.world.primary, closed="p"))
    take(first, "check", "fence", "move the record", "re-check the old writer")
    clock.sleep(MORE_SECONDS)

    assert "at most 300 s of primary's writes will be lost, plus any that it accepts" in said[0]
    assert "switchover" not in said[0]
    with pytest.raises(StepFailed, match=r"at most 55[0-9] s .* above what was confirmed; nothing"):
        take(first, "measure again")
    assert cell.world.dr.role == "replica"


def test_a_word_that_was_given_in_time_is_good_until_the_old_writer_is_stopped() -> None:
    """After a long look, with a slow region and machines that take their time to stop."""
    clock, said = Clock(), list[str]()
    first, cell = plan(clock, said, None, reads_for_seconds=FRESH_SECONDS - 1)
    take(first, "check")
    clock.sleep(FRESH_SECONDS - 1)
    take(first, "fence", "move the record", "re-check the old writer")
    clock.sleep(FENCE_SECONDS + STOPPED_SECONDS - 10)

    take(first, "measure again", "promote")

    assert len([line for line in said if "plus any that it accepts" in line]) == 1
    assert cell.world.dr.accepts


def test_a_word_for_an_unknown_amount_is_for_any() -> None:
    clock, said = Clock(), list[str]()
    clock.rows.clear()
    first, cell = plan(clock, said, None)

    take(first, *(step.name for step in first.steps[:6]))

    assert "an unknown amount of primary's writes" in said[0]
    assert cell.world.dr.accepts


def test_a_site_that_waits_for_the_last_wal_gives_that_up_only_for_a_word() -> None:
    clock, said = Clock(), list[str]()
    clock.sleep(7200)
    world, told = first_world(), Copy(epoch=1, writer="dr", token="t")
    world = world.put("dr", replace(world.dr, copy=told))
    clock.cell = Cell(world, Oracle((), 0))
    limited, _ = plan(clock, said, 0.0, Waiting)
    typed, _ = plan(clock, said, None, Waiting)

    with pytest.raises(PlanRefused, match="at most 7200 s"):
        take(limited, "check")
    assert not said
    take(typed, "check")
    assert said[0].startswith("at most 7200 s of primary's writes will be lost")


class Down(Aging):
    """A replica whose PostgreSQL nobody can look into; what it has received is known."""

    def observe(self, *, outside: bool = False) -> SiteState:
        state = super().observe(outside=outside)
        return replace(state, lsn=None) if self.name == "dr" else state


def test_who_would_stop_a_writer_for_a_database_that_is_down_is_told_so() -> None:
    clock, said = Clock(), list[str]()

    take(plan(clock, said, None, Down)[0], "check")

    assert (
        "PostgreSQL of dr does not answer: if it does not come back, nobody will write" in said[0]
    )


def test_no_limit_stands_for_a_database_that_is_down() -> None:
    clock, said = Clock(), list[str]()
    made, cell = plan(clock, said, 60.0, Down)

    with pytest.raises(
        PlanRefused, match=r"dr does not answer, which no limit covers; nothing was chang"
    ):
        take(made, "check")
    assert cell.world.primary.accepts


def test_a_writer_that_may_live_is_called_that_before_the_word_is_typed() -> None:
    clock, said = Clock(), list[str]()
    first, _ = plan(clock, said, None)

    take(first, "check")

    assert "run: pgtwin switchover --to dr" in said[0]


@pytest.mark.parametrize(("age", "loss"), [(-0.4, 0), (0.0, 0), (0.2, 1), (-7.0, None)])
def test_a_row_from_the_future_tells_of_clocks_that_differ_and_not_what_is_lost(
    age: float, loss: int | None
) -> None:
    assert Loss.since(age).seconds == loss
    assert not Loss.since(-7.0).is_within(0)


@pytest.mark.parametrize("synchronous", [False, True])
def test_a_lost_writer_s_promise_is_shown_beside_the_bound_and_never_as_0(
    synchronous: bool,
) -> None:
    """The survivor knows what arrived, and not whether the writer had let commits go on."""
    clock, said = Clock(), list[str]()
    clock.sleep(3)
    first, _ = plan(clock, said, None, synchronous=synchronous)

    take(first, "check")

    (asked,) = said
    assert asked.startswith("at most 3 s of primary's writes will be lost")
    assert ("nothing is lost if primary let no commit go on without dr" in asked) == synchronous
    assert ("dr cannot know that, only what arrived" in asked) == synchronous


class Streaming(Aging):
    """DR says how far it streams; these are its words."""

    streams: bool
    streamed_at: str | None

    def observe(self, *, outside: bool = False) -> SiteState:
        state = super().observe(outside=outside)
        return replace(state, streams=self.streams, streamed_at=self.streamed_at)


@pytest.mark.parametrize(
    ("streams", "until", "words"),
    [
        (True, None, "will be lost, as it streams, plus"),
        (False, "09:30:00", "will be lost, as it streamed until 09:30:00, plus"),
        (False, None, "will be lost, plus"),
    ],
)
def test_the_question_names_the_stream_where_that_bears_the_bound_out(
    streams: bool, until: str | None, words: str
) -> None:
    clock, said = Clock(), list[str]()
    clock.sleep(20)
    kind = type("Here", (Streaming,), {"streams": streams, "streamed_at": until})
    first, _ = plan(clock, said, None, kind)

    take(first, "check")

    (question,) = [line for line in said if "at most" in line]
    assert words in question
    assert ("stream" in question) == (streams or until is not None)
