"""Cells are played side by side; what is in doubt is played once more."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drill.failure_modes import MODES
from drill.failures import report, side_by_side
from drill.failures.__main__ import exit_code
from drill.failures.cell import Cell, Result
from drill.failures.commands import named
from drill.failures.side_by_side import play

CELLS = tuple(
    Cell(command=named("status"), region="dr", mode=mode, moment="before") for mode in MODES
)


@dataclass
class Scripted:
    """Ends each cell in the next of its outcomes, the last one again and again."""

    outcomes: dict[Cell, list[str]] = field(default_factory=dict)
    starved: bool = False
    played: list[Cell] = field(default_factory=list)

    def play(self, cell: Cell) -> Result:
        self.played.append(cell)
        told = self.outcomes.get(cell, ["done"])
        outcome = told.pop(0) if len(told) > 1 else told[0]
        return Result(
            cell=cell,
            outcome=outcome,
            expected=frozenset(("done",)),
            seconds=1.0,
            said="" if outcome == "done" else f"begun\n{outcome}, since that is how it is\n",
            starved=self.starved,
        )


def test_each_cell_is_played_once_and_stands_where_it_was_asked_for() -> None:
    playing = [Scripted(), Scripted()]

    results = _play(playing)

    assert [result.cell for result in results] == list(CELLS)
    assert sorted(str(cell) for each in playing for cell in each.played) == sorted(map(str, CELLS))
    assert exit_code(results) == 0


def test_a_lie_is_told_twice() -> None:
    once, always = CELLS[3], CELLS[5]
    results = _play([Scripted({once: ["hanging", "done"], always: ["hanging"]})])

    assert [result.cell for result in results if result.wrong] == [always]
    assert [result.cell for result in results if result.first_outcome] == [once, always]
    assert exit_code(results) == 1


def test_a_cell_that_ended_in_two_ways_is_told_with_what_it_said_first(tmp_path: Path) -> None:
    results = _play([Scripted({CELLS[3]: ["stopped", "done"]})])

    assert (
        f"ended in two ways: {CELLS[3]}: stopped, then done; "
        "first it said: stopped, since that is how it is"
    ) in report.table(results)
    report.write(results, tmp_path / "failures.json", of=report.Whole())
    assert report.read(tmp_path / "failures.json", "")[3].first_said == results[3].first_said


def test_where_the_computer_was_too_busy_a_late_end_says_nothing() -> None:
    results = _play([Scripted({CELLS[0]: ["hanging"]}, starved=True)])

    assert not results[0].wrong
    assert results[0].undecided
    assert exit_code(results) == 75
    assert "wrong: " not in report.table(results)


@pytest.mark.parametrize(
    "lie", ["traceback", "refused after a change", "done, and two sites write"]
)
def test_a_busy_computer_excuses_no_lie(lie: str) -> None:
    results = _play([Scripted({CELLS[0]: [lie]}, starved=True)])

    assert results[0].wrong
    assert exit_code(results) == 1


def test_what_was_played_is_kept_for_a_run_of_the_same_code(tmp_path: Path) -> None:
    path = tmp_path / "failures.json"
    results = _play([Scripted({CELLS[5]: ["hanging"]})])
    report.write(results, path, of=report.Whole(source="this code"))

    assert report.read(path, "this code") == results
    assert report.read(path, "other code") == []
    assert report.read(tmp_path / "missing.json", "this code") == []


def test_how_far_it_is_is_said_and_kept_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "SAY_SECONDS", 0.0)
    monkeypatch.setattr(side_by_side, "_LOOK_SECONDS", 0.001)
    said, kept = list[str](), list[int]()
    was_said = threading.Event()

    class Slow(Scripted):
        def play(self, cell: Cell) -> Result:
            assert was_said.wait(60)
            return super().play(cell)

    def say(text: str) -> None:
        said.append(text)
        was_said.set()

    play([Slow()], CELLS, keep=lambda results: kept.append(len(results)), say=say)

    assert said[0].startswith(f"0 of {len(CELLS)} cells, 0 wrong, ")
    assert kept[0] == 0
    assert kept[-1] == len(CELLS)


def _play(players: Sequence[Scripted]) -> list[Result]:
    return play(players, CELLS, keep=lambda _: None, say=lambda _: None)


def test_a_cell_that_an_interruption_cuts_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cut, tracebacks = threading.Event(), list[threading.ExceptHookArgs]()
    monkeypatch.setattr(threading, "excepthook", tracebacks.append)
    monkeypatch.setattr(side_by_side, "SAY_SECONDS", 0.0)
    workers = list[threading.Thread]()

    class Cut:
        def play(self, cell: Cell) -> Result:
            workers.append(threading.current_thread())
            cut.wait()
            raise ConnectionError("its services are gone")

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play([Cut()], CELLS, keep=lambda _: None, say=interrupt)
    cut.set()
    workers[0].join()

    assert not tracebacks
