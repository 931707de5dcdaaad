"""The checker finds every planted anomaly, and takes nothing for one that is none."""

from collections.abc import Callable

import pytest

from drill.consistency.checker import Checker
from drill.consistency.replica_reads import ReplicaReads
from drill.consistency.result import Counts, judged
from tests.drill.consistency.played import Played

Plant = Callable[[Played], None]


def _lost(played: Played) -> None:
    played.append("a")
    played.append("b")
    played.elements = ("a",)


def _lost_beyond_the_tail(played: Played) -> None:
    for element in "abcdef":
        played.append(element)
    played.fail_over(keeps=1, tail_seconds=2.0)


def _lost_in_the_middle(played: Played) -> None:
    for element in "abc":
        played.append(element)
    played.fail_over(keeps=3, tail_seconds=60.0)
    played.elements = ("a", "c")


def _duplicated(played: Played) -> None:
    played.append("a")
    played.elements = ("a", "a")


def _two_writers(played: Played) -> None:
    played.append("a")
    split = played.elements
    played.append("b", site="primary")
    played.elements = split
    played.append("c", site="dr")


def _resurrected(played: Played) -> None:
    played.append("a")
    played.append("b")
    played.fail_over(keeps=1, tail_seconds=60.0)
    played.append("c", site="dr")
    played.elements = (*played.elements, "b")


def _refused_and_done(played: Played) -> None:
    played.append("a")
    played.append("b", outcome="failed")


def _another_order(played: Played) -> None:
    played.append("a")
    played.now += 5
    played.append("b")
    played.elements = ("b", "a")


def _half_a_transaction(played: Played) -> None:
    played.append("a")
    played.now += 5
    played.append("b")
    played.now += 5
    played.read_register("a")


def _writer_that_is_late(played: Played) -> None:
    played.append("a")
    played.now += 5
    now, played.elements = played.elements, ()
    played.read()
    played.elements = now


PLANTED: dict[str, Plant] = {
    "an acknowledged append is lost": _lost,
    "more is lost than a failover named": _lost_beyond_the_tail,
    "a failover loses one before another that it keeps": _lost_in_the_middle,
    "an append is there twice": _duplicated,
    "two writers": _two_writers,
    "what a failover lost is there again": _resurrected,
    "a refused append is there": _refused_and_done,
    "two appends change places": _another_order,
    "half of a transaction": _half_a_transaction,
    "the writer shows an earlier moment": _writer_that_is_late,
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_anomaly_is_found(plant: Plant, checker: Checker) -> None:
    played = Played()
    plant(played)

    verdict, said = judged(played.history(), checker)

    assert verdict == "anomaly"
    assert said[0].startswith("k: ")


def test_an_orderly_history_with_a_failover_that_said_what_it_lost_is_consistent(
    checker: Checker,
) -> None:
    played = Played("before")
    for element in "abcd":
        played.append(element)
        played.read()
    played.fail_over(keeps=3, tail_seconds=60.0)
    played.append("e", site="dr")
    history = played.history()

    assert judged(history, checker) == ("consistent", ())
    assert Counts.of(history).lost == 2
    assert history.ends() == {"k": ("before", "a", "b", "e")}


@pytest.mark.parametrize("happens", [True, False])
def test_an_append_without_an_answer_may_have_happened_or_not(
    happens: bool, checker: Checker
) -> None:
    played = Played()
    played.append("a", outcome="unknown", happens=happens)
    played.append("b")
    played.read()

    assert judged(played.history(), checker) == ("consistent", ())


def test_an_append_without_an_answer_that_was_seen_once_stays(checker: Checker) -> None:
    played = Played()
    played.append("a", outcome="unknown")
    played.read()
    played.now += 5
    played.elements = ()

    assert judged(played.history(), checker)[0] == "anomaly"


def test_a_replica_that_shows_an_earlier_moment_is_stale_and_no_anomaly(checker: Checker) -> None:
    played = Played()
    played.append("a")
    played.append("b")
    played.now += 20
    now, played.elements = played.elements, ("a",)
    played.read("dr", on_replica=True)
    played.elements = now
    history = played.history()

    assert judged(history, checker) == ("consistent", ())
    seen = ReplicaReads.of(history)
    assert (seen.count, seen.stale) == (1, 1)
    assert seen.oldest_seconds == pytest.approx(19.5)


@pytest.mark.parametrize("shown", [("b",), ("a", "x"), ("a", "c", "b")])
def test_a_replica_that_shows_what_the_writer_never_held_is_an_anomaly(
    shown: tuple[str, ...], checker: Checker
) -> None:
    played = Played()
    played.append("a")
    played.append("b")
    played.append("c")
    now, played.elements = played.elements, shown
    played.read("dr", on_replica=True)
    played.elements = now

    verdict, said = judged(played.history(), checker)

    assert verdict == "anomaly"
    assert "a replica showed what the writer never held" in said[0]
