"""The matrix as a table and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from drill.computer import computer
from drill.failures.cell import BEFORE, Result
from drill.failures.grid import Grid
from drill.failures.verdict import fails_alike
from drill.measured.document import Figure
from drill.report import kept_run

GROUND = (
    "The real pgtwin in processes of its own, through AWS' own names, TLS and sockets, against an\n"
    "embedded AWS (moto). Behind Run Command is a double of the host program that only remembers:\n"
    "what a verb does on a machine, and how long that takes, is not shown. A table stands for DNS."
)


@dataclass(frozen=True, kw_only=True)
class Whole:
    """What the results are of."""

    source: str = ""
    """The fingerprint of the code that was played."""
    cells: int | None = None
    """How many cells there are, played or not."""
    commit: str | None = None


def document(results: Sequence[Result], *, of: Whole) -> dict[str, object]:
    """What build/failures.json holds."""
    times = failover_seconds(results)
    return {
        "played_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "machine": computer(),
        "ground": " ".join(GROUND.split()),
        "source": of.source,
        "figures": [each.model_dump(exclude_none=True) for each in figures(results, of=of)],
        "count": len(results),
        "grid": Grid.of(results).document(),
        "cells": [result.document() for result in results],
        "played_twice": sum(result.first_outcome is not None for result in results),
        "undecided": sum(result.undecided for result in results),
        "wrong": sum(result.wrong for result in results),
        "failover_seconds": times,
        "failover_spread_seconds": _spread(times),
    }


def figures(results: Sequence[Result], *, of: Whole) -> list[Figure]:
    """For docs/measured.json: how many cells were judged, and how many of them are wrong."""
    judged = [result for result in results if not result.undecided]
    wrong = sum(each.wrong for each in judged)
    by, commit = "`make failures`", of.commit
    return [
        Figure.of_today("failures", len(judged), of=of.cells, by=by, commit=commit),
        Figure.of_today("failures-wrong", wrong, by=by, commit=commit),
    ]


def write(results: Sequence[Result], path: Path, *, of: Whole) -> None:
    """Write the document, at once for every reader."""
    kept_run.write(document(results, of=of), path)


def read(path: Path, source: str) -> list[Result]:
    """What was written of the same code; nothing where it is of other code, or not there."""
    return [Result.parse(each) for each in kept_run.parts(path, "cells", source=source)]


def failover_seconds(results: Sequence[Result]) -> dict[str, float]:
    """From the fence to the acknowledged write, by the mode in which the whole region is lost."""
    return {
        result.cell.mode.name: result.promoted_after_seconds
        for result in results
        if result.cell.command.name == "failover"
        and (result.cell.region, result.cell.moment) == ("primary", BEFORE)
        and result.promoted_after_seconds is not None
        and fails_alike(result.cell.mode)
    }


def table(results: Sequence[Result]) -> str:
    """The grid, the figures, and by name every wrong cell and every one that ended in two ways."""
    lines = [*Grid.of(results).text(), _figures(results), *_wrong(results), *_in_two_ways(results)]
    return "\n".join([*lines, *_times(results), GROUND])


def _figures(results: Sequence[Result]) -> str:
    wrong = sum(result.wrong for result in results)
    undecided = sum(result.undecided for result in results)
    seconds = sum(result.seconds for result in results)
    return (
        f"{len(results)} cells, {wrong} wrong, {undecided} undecided since the machine was "
        f"too busy; {seconds:.0f} s of commands, played side by side"
    )


def _wrong(results: Sequence[Result]) -> list[str]:
    return [
        f"wrong: {result.cell}: {result.outcome}, expected {' or '.join(sorted(result.expected))}"
        for result in results
        if result.wrong
    ]


def _in_two_ways(results: Sequence[Result]) -> list[str]:
    return [
        f"ended in two ways: {result.cell}: {result.first_outcome}, then {result.outcome}; "
        f"first it said: {_last_line(result.first_said)}"
        for result in results
        if result.first_outcome not in (None, result.outcome)
    ]


def _last_line(said: str) -> str:
    return said.strip().rpartition("\n")[2]


def _times(results: Sequence[Result]) -> list[str]:
    times = failover_seconds(results)
    if not times:
        return []
    return [
        f"failover, fence to first write: {min(times.values()):.1f} to {max(times.values()):.1f} s "
        f"over {len(times)} modes"
    ]


def _spread(times: dict[str, float]) -> float | None:
    return round(max(times.values()) - min(times.values()), 2) if times else None
