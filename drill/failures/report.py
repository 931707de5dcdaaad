"""The matrix as a table and as JSON."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from drill.failures.cell import BEFORE, Result
from drill.failures.verdict import fails_alike

ALIKE_SECONDS = 3.0
"""How far a failover's time may differ between the ways in which the writer's region is lost."""
GROUND = (
    "The real pgtwin in processes of its own, through AWS' own names, TLS and sockets, against an\n"
    "embedded AWS (moto). Behind Run Command is a double of the host program that only remembers:\n"
    "what a verb does on a machine, and how long that takes, is not shown. A table stands for DNS."
)
_LETTERS = {"done": "d", "refused": "r", "stopped": "s"}


def document(results: Sequence[Result]) -> dict[str, object]:
    """What build/failures.json holds."""
    times = failover_seconds(results)
    return {
        "ground": GROUND,
        "cells": [result.document() for result in results],
        "played_twice": sum(result.first_outcome is not None for result in results),
        "starved": sum(result.starved for result in results),
        "wrong": sum(result.wrong for result in results),
        "failover_seconds": times,
        "failover_spread_seconds": _spread(times),
    }


def write(results: Sequence[Result], path: Path) -> None:
    """Write the document."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(results), indent=1) + "\n", encoding="utf-8")


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
    """One line per command and region, one column per mode, what came of each moment in a cell."""
    modes = list(dict.fromkeys(result.cell.mode.name for result in results))
    rows: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for result in results:
        letter = "X" if result.wrong else _LETTERS.get(result.outcome, "?")
        rows[result.cell.command.name, result.cell.region][result.cell.mode.name].add(letter)
    lines = [f"{number:>3}  {name}" for number, name in enumerate(modes, 1)]
    numbers = "".join(f"{number:>5}" for number in range(1, len(modes) + 1))
    lines += ["", f"{'':28}{numbers}"]
    for (command, region), cells in rows.items():
        shown = "".join(f"{''.join(sorted(cells[mode])):>5}" for mode in modes)
        lines.append(f"{command:<17}{region:<11}{shown}")
    lines += [
        "",
        "d done, r refused, nothing changed, s stopped with the next command, X wrong, ? starved",
    ]
    return "\n".join([*lines, *_wrong(results), *_times(results), GROUND])


def _wrong(results: Sequence[Result]) -> list[str]:
    return [
        f"wrong: {result.cell}: {result.outcome}, expected {' or '.join(sorted(result.expected))}"
        for result in results
        if result.wrong
    ]


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
