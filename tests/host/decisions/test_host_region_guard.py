"""Commits wait for the other region as promised, and nobody is told more than that."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from host.writer.region_guard import (
    HOLD_SECONDS,
    RELOADED_SECONDS,
    SEEN_SECONDS,
    SILENT_SECONDS,
    UNSEEN_SECONDS,
    Memory,
    Now,
    Promise,
    Step,
    next_step,
    promise_now,
)
from host.writer.region_seen import Look, Region, Seen
from tests.host.decisions.model_region import GUARDS, Model

ZERO, SIXTY = Promise(rpo_seconds=0.0), Promise(rpo_seconds=60.0)
promises = st.sampled_from([ZERO, SIXTY, Promise(rpo_seconds=20.0)])
Event = tuple[str, tuple[float, ...]]
numbers = st.integers(0, GUARDS - 1)
FEW = settings(max_examples=60, deadline=None)
events: st.SearchStrategy[list[Event]] = st.lists(
    st.one_of(
        *(st.just((name, ())) for name in ("commit", "replicate", "cut", "notice", "reload")),
        *(st.just((name, ())) for name in ("ask", "answer", "lose_the_path", "heal", "obey")),
        *(st.just((name, ())) for name in ("change_the_writer", "stall", "go_on")),
        st.tuples(st.just("read"), st.tuples(numbers)),
        st.tuples(st.just("act"), st.tuples(numbers)),
        st.tuples(st.just("rounds"), st.tuples(numbers, st.integers(1, 20))),
        st.tuples(st.just("serve"), st.tuples(st.integers(1, 20))),
        st.tuples(st.just("pass_seconds"), st.sampled_from([(0.5,), (2.0,), (6.0,)])),
    ),
    min_size=5,
    max_size=30,
)


def play(model: Model, happened: Sequence[Event]) -> Model:
    for name, arguments in happened:
        getattr(model, name)(*arguments)
        if name != "ask":
            model.ask_once()
    model.answer()
    return model


def in_force(promise: Promise, **bugs: Any) -> Model:
    """Commits wait for the region, and that was verified."""
    return replace(deepcopy(_proved(promise)), **bugs)


@cache
def _proved(promise: Promise) -> Model:
    model = Model(promise=promise)
    model.serve(21)
    model.replicate()
    assert model.note is None
    assert model.obeyed_list
    return model


@FEW
@given(promise=promises, happened=events)
def test_an_rpo_of_zero_is_told_only_where_nothing_acknowledged_is_missing(
    promise: Promise, happened: list[Event]
) -> None:
    for tell in (promise_now, goes_by_sync_state):
        play(Model(promise=promise, tell=tell), happened)
        play(in_force(promise, tell=tell), happened)


def test_a_clone_that_postgresql_calls_sync_is_no_rpo_of_zero_before_all_has_arrived() -> None:
    """With `rpo: 0` nobody writes a note while the replica is cloned: commits wait."""
    region = Region(streaming=True, sync_state="sync", flushed=800)

    assert promise_now(Look(written=900, region=region), None) == "waits"
    assert promise_now(Look(written=800, region=region), None) == "kept"


def lets_go_before_it_writes_down(promise: Promise, before: Memory, seen: Seen) -> Step:
    step = next_step(promise, before, seen)
    return "let go" if step == "write down" and seen.is_named else step


def clears_as_soon_as_it_is_on_the_list(promise: Promise, before: Memory, seen: Seen) -> Step:
    step = next_step(promise, before, seen)
    return "clear" if step == "hold" and seen.is_named and seen.degraded_since else step


def takes_a_sync_state_for_a_proof(promise: Promise, before: Memory, seen: Seen) -> Step:
    step, region = next_step(promise, before, seen), seen.look.region if seen.look else None
    told = seen.is_named and region is not None and region.is_waited_for
    return "clear" if step == "hold" and told and seen.degraded_since else step


def asks_no_checkpointer(promise: Promise, before: Memory, seen: Seen) -> Step:
    since = before.sync_since
    return next_step(
        promise,
        replace(before, obeyed=since is not None and seen.at - since > 2 * RELOADED_SECONDS),
        seen,
    )


def tells_what_the_cluster_asks_for(look: Look | None, degraded_since: str | None) -> Now | None:
    """A degraded synchronous site is reported as RPO 0."""
    return "kept"


def goes_by_sync_state(look: Look | None, degraded_since: str | None) -> Now | None:
    """Whoever does not look at what has arrived has the guard's word alone, which has to hold."""
    if look is None or degraded_since is not None:
        return promise_now(look, degraded_since)
    return "kept" if look.region is not None and look.region.is_waited_for else "waits"


def tells_what_postgresql_says_alone(look: Look | None, degraded_since: str | None) -> Now | None:
    return goes_by_sync_state(look, None)


@pytest.mark.parametrize(
    ("bugs", "found"),
    [
        ({"decide": lets_go_before_it_writes_down}, "nobody wrote it down"),
        ({"decide": clears_as_soon_as_it_is_on_the_list}, "the note is gone"),
        ({"decide": takes_a_sync_state_for_a_proof}, "the note is gone"),
        ({"decide": asks_no_checkpointer}, "the note is gone"),
        ({"tell": tells_what_the_cluster_asks_for}, "an RPO of 0 was told"),
        ({"tell": tells_what_postgresql_says_alone}, "an RPO of 0 was told"),
    ],
    ids=lambda value: next(iter(value.values())).__name__ if isinstance(value, dict) else "",
)
def test_a_planted_bug_that_reports_a_degraded_site_as_rpo_zero_is_found(
    bugs: dict[str, Any], found: str
) -> None:
    @settings(
        max_examples=2000,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(happened=events)
    def holds(happened: list[Event]) -> None:
        model = in_force(SIXTY, **bugs)
        model.lose_the_path()
        model.rounds(0, 20)
        model.serve(14)
        play(model, happened)

    with pytest.raises(AssertionError, match=found):
        holds()


def lets_go_and_puts_back(model: Model) -> None:
    """A whole outage, as the first guard sees it; one commit has not arrived at its end."""
    model.lose_the_path()
    model.rounds(0, 20)
    assert not model.named
    model.heal()
    while not model.named:
        model.replicate()
        model.commit()
        model.read(0)
        model.act(0)
        model.pass_seconds(2.0)
    assert model.steps[-1] == "put back"
    model.reload()
    model.commit()
    assert model.acknowledged > model.arrived


def test_a_note_that_is_read_before_postgresql_is_older_than_what_was_let_go() -> None:
    """Why `promise_now` has its order: a whole outage may lie between the two."""
    model = in_force(SIXTY)
    before = model.note
    lets_go_and_puts_back(model)

    assert goes_by_sync_state(model.look(), before) == "kept", "which is wrong"
    assert promise_now(model.look(), model.note) == "degraded"


@FEW
@given(happened=events)
def test_a_promise_of_zero_never_lets_commits_go(happened: list[Event]) -> None:
    assert "let go" not in play(in_force(ZERO), happened).steps


def test_commits_are_let_go_once_the_region_is_silent_and_two_rounds_later() -> None:
    model = in_force(SIXTY)
    model.lose_the_path()
    began = model.now
    while model.named:
        model.rounds(0, 1)
    model.obey()

    assert model.steps[-2:] == ["write down", "let go"]
    assert SILENT_SECONDS < model.now - began <= SILENT_SECONDS + 3 * 2.0
    assert model.acknowledged == model.written


def test_a_region_that_is_slow_and_acknowledges_is_not_let_go() -> None:
    """Over a narrow path it never has all that was written, and moves on all the time."""
    memory, steps = Memory(), set()
    for number in range(100):
        region = Region(streaming=True, sync_state="sync", flushed=number)
        seen = _seen(at=2.0 * number, look=Look(written=1000 + number, region=region))
        steps.add(next_step(SIXTY, memory, seen))
        memory = memory.after(seen)

    assert steps == {"hold"}


@given(silent=st.floats(0, 10_000), unknown=st.integers(1, 5))
def test_a_look_that_nobody_answered_lets_nobody_go(silent: float, unknown: int) -> None:
    memory = Memory().after(_seen(at=0.0, look=Look(written=9, region=None)))
    for _ in range(unknown):
        seen = _seen(at=silent, look=None)
        assert next_step(SIXTY, memory, seen) == "hold"
        memory = memory.after(seen)


@given(late=st.floats(0, 10_000))
def test_a_guard_that_has_just_started_has_seen_no_silence(late: float) -> None:
    first = _seen(at=late, look=Look(written=9, region=None))

    assert next_step(SIXTY, Memory(), first) == "hold"


def test_what_is_silent_at_both_ends_of_an_unanswered_look_was_silent() -> None:
    silent, memory = Look(written=9, region=None), Memory()
    for at, look in ((0.0, silent), (3.0, None), (6.0, silent), (9.0, None)):
        memory = memory.after(_seen(at=at, look=look))

    assert next_step(SIXTY, memory, _seen(at=SILENT_SECONDS, look=silent)) == "write down"


@given(unseen=st.floats(SEEN_SECONDS + 1, 100_000), unanswered=st.booleans())
def test_of_the_time_in_which_nobody_looked_little_counts_as_silence(
    unseen: float, unanswered: bool
) -> None:
    """The API is away for an hour; when it is back the region's connection happens to be down."""
    silent = Look(written=9, region=None)
    memory = Memory().after(_seen(at=0.0, look=silent))
    if unanswered:
        memory = memory.after(_seen(at=unseen / 2, look=None))
    for seconds in range(int(SILENT_SECONDS - UNSEEN_SECONDS)):
        seen = _seen(at=unseen + seconds, look=silent)
        assert next_step(SIXTY, memory, seen) == "hold"
        memory = memory.after(seen)

    late = _seen(at=unseen + SILENT_SECONDS - UNSEEN_SECONDS + 1, look=silent)
    assert next_step(SIXTY, memory, late) == "write down"


def test_a_machine_on_which_every_round_is_slow_lets_go_all_the_same() -> None:
    silent, memory, steps = Look(written=9, region=None), Memory(), []
    for number in range(4):
        seen = _seen(at=2 * SEEN_SECONDS * number, look=silent)
        steps.append(next_step(SIXTY, memory, seen))
        memory = memory.after(seen)

    assert steps == ["hold", "hold", "write down", "write down"]


def test_a_region_is_put_back_for_what_was_seen_of_it() -> None:
    region = Region(streaming=True, sync_state="async", flushed=9)
    look = Look(written=9, region=region)
    seen = replace(_seen(at=0.0, look=look), is_named=False, degraded_since="then")
    memory = Memory().after(seen).after(replace(seen, at=5.0))

    assert next_step(SIXTY, memory, replace(seen, at=3600.0)) == "hold"


def remembers_a_proof_of_an_older_list(promise: Promise, before: Memory, seen: Seen) -> Step:
    return next_step(promise, before, replace(seen, list_id=before.list_id or ""))


def without_a_proof_the_note_stays(model: Model) -> None:
    """One guard verifies all and looks no more; the other lets go and puts back meanwhile."""
    model.rounds(1, 4)
    model.serve(1)
    lets_go_and_puts_back(model)
    model.read(1)
    model.act(1)


def test_what_was_proved_of_one_list_proves_nothing_of_the_next() -> None:
    model = in_force(SIXTY)
    without_a_proof_the_note_stays(model)
    assert model.note is not None

    with pytest.raises(AssertionError, match="the note is gone, and commits may go on"):
        without_a_proof_the_note_stays(in_force(SIXTY, decide=remembers_a_proof_of_an_older_list))


def test_a_region_that_answers_between_the_note_and_the_list_stays_on_the_list() -> None:
    model = in_force(SIXTY)
    model.lose_the_path()
    while model.note is None:
        model.rounds(0, 1)
    model.serve(4)

    assert model.steps[-2:] == ["write down", "clear"]


AsTimePasses = tuple[str, tuple[float, ...]]
passing: st.SearchStrategy[list[AsTimePasses]] = st.lists(
    st.one_of(
        *(st.just((name, ())) for name in ("lose_the_path", "heal", "replicate", "commit")),
        st.tuples(st.just("restart"), st.tuples(numbers)),
        st.tuples(st.just("rounds"), st.tuples(numbers, st.integers(1, 30))),
    ),
    min_size=5,
    max_size=40,
)
"""One of the guards looks every 2 s, and what it patches is in force 2 s later: no disk stalls."""


def bounded(model: Model, happened: Sequence[AsTimePasses]) -> Model:
    for name, arguments in happened:
        for _ in range(int(arguments[1]) if name == "rounds" else 1):
            getattr(model, name)(*((arguments[0], 1) if name == "rounds" else arguments))
            assert model.missing_seconds <= model.promise.rpo_seconds, "more is missing than rpo"
    return model


@settings(max_examples=300, deadline=None)
@given(promise=promises, happened=passing)
def test_the_other_region_never_lacks_more_than_the_seconds_of_rpo(
    promise: Promise, happened: list[AsTimePasses]
) -> None:
    bounded(in_force(promise), happened)


def never_holds_again(promise: Promise, before: Memory, seen: Seen) -> Step:
    return next_step(promise, before, replace(seen, covered_seconds=None))


def holds_too_late(promise: Promise, before: Memory, seen: Seen) -> Step:
    return next_step(Promise(rpo_seconds=promise.rpo_seconds + 2 * HOLD_SECONDS), before, seen)


def lets_go_whatever_is_used_up(promise: Promise, before: Memory, seen: Seen) -> Step:
    step = next_step(promise, before, seen)
    silent = before.after(seen).silent_since is not None and seen.is_named
    return "let go" if step == "hold" and silent and seen.degraded_since else step


@pytest.mark.parametrize("decide", [never_holds_again, holds_too_late, lets_go_whatever_is_used_up])
def test_a_planted_bug_that_loses_more_than_rpo_is_found(decide: Any) -> None:
    model = in_force(SIXTY, decide=decide)
    outage: list[AsTimePasses] = [("lose_the_path", ())]
    outage += [("rounds", (0, 15)), ("restart", (0,)), ("rounds", (0, 15)), ("restart", (0,))] * 4

    with pytest.raises(AssertionError, match="more is missing than rpo"):
        bounded(model, outage)


def test_commits_go_on_through_a_short_outage_and_wait_at_the_end_of_a_long_one() -> None:
    model = in_force(SIXTY)
    model.lose_the_path()
    model.rounds(0, 60)

    assert model.steps[-3:] == ["write down", "let go", "put back"]
    assert SIXTY.rpo_seconds - 2 * HOLD_SECONDS < model.missing_seconds <= SIXTY.rpo_seconds
    waiting = model.written - model.acknowledged
    assert waiting > 0
    model.serve(10)
    assert model.steps[-1] == "clear"
    assert (model.note, model.covered) == (None, None)


def test_after_a_change_of_the_writer_nothing_is_held_while_the_other_region_is_away() -> None:
    model = in_force(SIXTY)
    model.lose_the_path()
    model.change_the_writer()
    model.rounds(0, 600)

    assert not model.named
    assert model.acknowledged == model.written


def test_commits_are_held_again_also_where_postgresql_does_not_answer_the_guard() -> None:
    model = in_force(SIXTY)
    model.lose_the_path()
    while model.named:
        model.rounds(0, 1)
    for _ in range(40):
        model.read(0)
        model.act(0, answers=False)
        model.pass_seconds(2.0)

    assert model.steps[-1] == "put back"


def test_who_does_not_know_what_the_other_region_has_lets_nobody_go() -> None:
    silent, memory = Look(written=9, region=None), Memory()
    for number in range(20):
        seen = replace(_seen(at=2.0 * number, look=silent), degraded_since="then")
        assert next_step(SIXTY, memory, seen) == "hold"
        memory = memory.after(seen)


def test_a_path_that_flaps_makes_clients_wait_no_more_than_half_of_the_time() -> None:
    model, waited = in_force(SIXTY), 0
    for number in range(600):
        (model.heal if number % 40 < 20 else model.lose_the_path)()
        model.replicate()
        waited += model.acknowledged < model.written
        model.rounds(0, 1)

    assert 0 < waited <= 300


def test_a_region_that_is_off_the_list_by_anybodys_hand_is_written_down() -> None:
    here = Region(streaming=True, sync_state="sync", flushed=9)
    off = replace(here, sync_state="async")
    look = Look(written=9, region=here)

    for promise in (ZERO, SIXTY):
        unnamed = replace(_seen(at=0.0, look=look), is_named=False)
        assert next_step(promise, Memory(), unnamed) == "write down"
        other_list = _seen(at=0.0, look=replace(look, region=off))
        assert next_step(promise, Memory(), other_list) == "write down"


def test_the_proof_takes_longer_than_the_reading_of_a_list() -> None:
    region = Region(streaming=True, sync_state="sync", flushed=9)
    look = Look(written=9, region=region, at_rest=True)
    seen = replace(_seen(at=0.0, look=look), degraded_since="then")
    early, late = (replace(seen, at=RELOADED_SECONDS * part) for part in (0.5, 1.5))
    once = Memory().after(seen)

    assert next_step(SIXTY, once, late) == "hold"
    assert next_step(SIXTY, once.after(early), late) == "hold"
    assert next_step(SIXTY, once.after(late), replace(late, at=late.at + 1)) == "clear"


def test_the_proof_waits_for_a_checkpointer_that_waits_for_the_disk() -> None:
    """Until it has read the list, sessions that waited for nobody before go on so."""
    model = Model(promise=ZERO, stalled=True)
    model.serve(20)
    assert model.acknowledged == model.written > model.arrived
    assert model.tell(model.look(), model.note) == "degraded"

    model.go_on()
    model.serve(4)
    model.replicate()

    assert model.tell(model.look(), model.note) == "kept"


def test_one_look_with_two_connections_of_the_region_is_proved_again() -> None:
    """Commits may wait for one of them, which the other's WAL is not in."""
    region = Region(streaming=True, sync_state="sync", flushed=9)
    look = Look(written=9, region=region, at_rest=True)
    two = replace(look, region=replace(region, connections=2))
    memory = Memory()
    for number in range(4):
        memory = memory.after(_seen(at=5.0 * number, look=look))

    assert promise_now(look, None) == "kept"
    assert promise_now(two, None) == "waits"
    assert next_step(ZERO, memory, _seen(at=20.0, look=two)) == "write down"

    memory = memory.after(_seen(at=20.0, look=two))
    steps = []
    for number in range(5, 8):
        seen = replace(_seen(at=5.0 * number, look=look), degraded_since="then")
        steps.append(next_step(ZERO, memory, seen))
        memory = memory.after(seen)
    assert steps == ["hold", "hold", "clear"]


def test_a_region_is_put_back_on_one_connection_only() -> None:
    region = Region(streaming=True, sync_state="async", flushed=9, connections=2)
    seen = replace(
        _seen(at=0.0, look=Look(written=9, region=region)), is_named=False, degraded_since="then"
    )
    memory = Memory().after(seen)

    assert next_step(ZERO, memory, replace(seen, at=5.0)) == "hold"


def test_a_region_that_is_not_heard_is_no_rpo_of_zero_and_unknown_is_unknown() -> None:
    assert promise_now(Look(written=9, region=None), None) == "waits"
    assert promise_now(None, None) is None
    assert promise_now(None, "then") == "degraded"


def _seen(*, at: float, look: Look | None) -> Seen:
    return Seen(
        at=at, list_id="", is_named=True, degraded_since=None, covered_seconds=None, look=look
    )
