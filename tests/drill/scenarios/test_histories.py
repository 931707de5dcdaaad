"""Scenarios' eyes on histories that only a busy machine produces, written down here."""

from pathlib import Path
from typing import Any, cast

import pytest

from drill.scenarios import damaged_wal, watch
from drill.scenarios.stage import Stage
from drill.scenarios.watch import Watch
from drill.traffic.writer import Writer
from drill.waiting import wait_for

GENEROUS_SECONDS = 120


class Answers:
    """Stands for a Stage: answers each query from a list, and remembers what was done."""

    def __init__(self, *answers: Any, newest: int = 0) -> None:
        self.done: list[str] = []
        self._answers = list(answers)
        self._newest = newest

    def ask(self, _site: str, _sql: str, *_: str) -> Any:
        answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def newest(self, _site: str, _writer: Writer) -> int:
        return self._newest

    def do(self, _site: str, sql: str, *values: str) -> None:
        self.done.append(" ".join((sql, *values)))

    def archive(self, _site: str) -> str:
        return "physical/x"

    def bucket(self, _site: str) -> "Answers":
        return self

    def keys(self, prefix: str) -> list[str]:
        return [f"{prefix}.lz4"]

    def wait(self, condition: Any, _within_seconds: float, what: str) -> float:
        assert condition(), what
        return 0.0


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(run="w", resolve=lambda: None, folder=tmp_path)


def test_the_watch_goes_on_after_a_look_that_failed_in_whatever_way(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY_SECONDS", 0.001)
    stage = Answers(IndexError(), KeyError("segments"), "000000010000000000000004 ", newest=1)

    with Watch(cast(Stage, stage), writer) as seen:
        wait_for(lambda: bool(seen.samples), GENEROUS_SECONDS, "a sample")

    assert seen.samples


def test_a_row_in_dr_whose_acknowledgement_is_not_noted_yet_is_not_ahead_of_the_clients(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY_SECONDS", 0.001)
    notes = writer.acknowledgements
    notes.acknowledge(notes.next_number(), "primary")

    with Watch(cast(Stage, Answers(newest=2)), writer) as seen:
        wait_for(lambda: bool(seen.samples), GENEROUS_SECONDS, "a sample")

    assert seen.samples[0].replayed == 1


def test_rows_count_as_archived_only_if_they_were_acknowledged_before_the_segment_was_seen(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note of a row may come between the look and its answer: that row may be in the next."""
    monkeypatch.setattr(watch, "EVERY_SECONDS", 0.001)
    notes = writer.acknowledgements
    notes.acknowledge(notes.next_number(), "primary")

    class Late(Answers):
        def ask(self, site: str, _sql: str, *_: str) -> Any:
            if site == "dr":
                return True
            notes.acknowledge(notes.next_number(), "primary")
            return "000000010000000000000004 000000010000000000000003"

    with Watch(cast(Stage, Late()), writer) as seen:
        wait_for(lambda: bool(seen._segments), GENEROUS_SECONDS, "a look at the segments")
        first = seen._segments[0]

    assert first == ("000000010000000000000004", 1)
    assert seen.acknowledged_up_to("000000010000000000000003") == 0


def test_a_row_whose_segment_ended_meanwhile_is_written_again() -> None:
    """The archive timeout may end a segment between any two statements."""
    fourth, fifth = "000000010000000000000004", "000000010000000000000005"
    stage = Answers(fourth, fifth, fifth, fifth)

    segment = damaged_wal._segment(cast(Stage, stage), "missing")

    assert segment.row == "missing 2"
    assert segment.name == f"{fifth}.lz4"
    assert [done for done in stage.done if "INSERT" in done] == [
        "INSERT INTO harmed VALUES (%s) missing 1",
        "INSERT INTO harmed VALUES (%s) missing 2",
    ]
