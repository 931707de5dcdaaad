"""Clients append and read while the writer changes, on real PostgreSQL: a slice of 200 changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from drill.consistency.changes import CHANGES, Chance, Change
from drill.consistency.checker import Checker
from drill.consistency.faults import FAULTS, Fault
from drill.consistency.result import Result
from drill.consistency.run import Drawn
from drill.consistency.session import Session
from drill.scenarios.stage import Stage
from tests.drill.scenarios.conftest import Rehearsals

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drill")]

_TAKE_AWAY = "UPDATE lists SET elements = elements[2:] WHERE key LIKE 'r903k%'"


@pytest.fixture
def session(rehearsals: Rehearsals, checker: Checker, tmp_path: Path) -> Session:
    return Session(
        twin=rehearsals.twin,
        checker=checker,
        machine=rehearsals.meter,
        folder=tmp_path,
        tell=print,
    )


def drawn(change: Change, fault: Fault) -> Drawn:
    draws = Random(1)  # noqa: S311 (no secret)
    chance = Chance(draws=draws, kills_command=fault.kills_command)
    return Drawn(change=change, fault=fault, chance=chance)


def named(change: str, fault: str) -> Drawn:
    (one,) = (each for each in CHANGES if each.name == change)
    (other,) = (each for each in FAULTS if each.name == fault)
    return drawn(one, other)


def expect_consistent(result: Result) -> None:
    if result.verdict == "stuck" and result.starved:
        pytest.skip("; ".join(result.said))
    assert (result.verdict, result.said) == ("consistent", ())
    assert result.counts.lost == 0
    assert result.counts.acknowledged >= 20


def test_an_element_that_is_taken_away_on_the_writer_is_an_anomaly(session: Session) -> None:
    @contextmanager
    def taken_away(stage: Stage, _: Random) -> Iterator[None]:
        stage.do("primary", _TAKE_AWAY)
        yield

    nothing = Change(
        name="none",
        before="primary writes, DR follows",
        act=lambda stage, chance: None,
        writes="primary",
    )
    fault = Fault(name="an element is taken away", meanwhile=taken_away)

    result = session.play_one(903, drawn(nothing, fault))

    assert result.verdict == "anomaly", result.said
    assert "lacks r903k" in " ".join(result.said)


def test_a_switchover_and_the_way_back_show_no_client_an_anomaly(session: Session) -> None:
    """Sessions end all the time on the way there, and `pgtwin` is killed on the way back."""
    there = session.play_one(901, named("switchover to dr", "sessions end"))
    expect_consistent(there)

    back = session.play_one(902, named("switchover to primary", "pgtwin killed"))
    expect_consistent(back)
    assert back.counts.replica_reads > 0
