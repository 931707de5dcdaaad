"""Plays cells side by side, says how far it is, and plays again what is in doubt.

A cell is in doubt that did not end as it should: on a computer that is busy a region that is well
may answer too late. It is played once more, alone, and a lie is told twice.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from drill.failures.cell import Cell, Result

SAY_SECONDS = 5.0
_INTERRUPTED_SECONDS = 2.0
"""Ctrl-C reaches the services as well, and maybe first."""
_LOOK_SECONDS = 0.2
Keep = Callable[[Sequence[Result]], None]
"""Is given all results so far, again and again."""
Say = Callable[[str], None]


class Plays(Protocol):
    """Who plays one cell after the other."""

    def play(self, cell: Cell) -> Result:
        """Play it to its end or its bound."""
        ...


def play(players: Sequence[Plays], of: Sequence[Cell], *, keep: Keep, say: Say) -> list[Result]:
    """Play the cells in any order; the results in theirs."""
    found: dict[Cell, Result] = {}
    told = _Progress(found, count=len(of), keep=keep, say=say)
    _all(players, of, found, told)
    doubtful = [result for result in found.values() if result.outcome not in result.expected]
    for first in doubtful:
        say(f"once more, alone: {first.cell}: {first.outcome}")
        del found[first.cell]
        _all(players[:1], [first.cell], found, told)
        found[first.cell] = replace(
            found[first.cell], first_outcome=first.outcome, first_said=first.said
        )
    keep(list(found.values()))
    return [found[cell] for cell in of]


def _all(
    players: Sequence[Plays], of: Sequence[Cell], found: dict[Cell, Result], told: "_Progress"
) -> None:
    waiting: queue.SimpleQueue[Cell] = queue.SimpleQueue()
    for cell in of:
        waiting.put(cell)
    over = threading.Event()
    work = [(player, waiting, found, over) for player in players]
    # Whoever interrupts the matrix does not wait for the cells that are under way.
    threads = [threading.Thread(target=_work, args=each, daemon=True) for each in work]
    for thread in threads:
        thread.start()
    try:
        while any(thread.is_alive() for thread in threads):
            time.sleep(_LOOK_SECONDS)
            told.say()
    finally:
        over.set()
    if not found.keys() >= set(of):
        raise RuntimeError("a cell could not be played: see the traceback above")


def _work(
    player: Plays,
    waiting: "queue.SimpleQueue[Cell]",
    found: dict[Cell, Result],
    over: threading.Event,
) -> None:
    with suppress(queue.Empty):
        while True:
            cell = waiting.get_nowait()
            try:
                found[cell] = player.play(cell)
            except Exception:
                # An interrupted matrix takes the services away from the cells that are under way.
                if not over.wait(_INTERRUPTED_SECONDS):
                    raise
                return


class _Progress:
    def __init__(self, found: dict[Cell, Result], *, count: int, keep: Keep, say: Say) -> None:
        self._found, self._count, self._keep, self._say = found, count, keep, say
        self._began = time.monotonic()
        self._said = self._began

    def say(self) -> None:
        """Say and keep it, unless that was only just done."""
        now = time.monotonic()
        if now < self._said + SAY_SECONDS:
            return
        self._said = now
        results = list(self._found.values())
        wrong = sum(result.wrong for result in results)
        seconds = now - self._began
        self._say(f"{len(results)} of {self._count} cells, {wrong} wrong, {seconds:.0f} s")
        self._keep(results)
