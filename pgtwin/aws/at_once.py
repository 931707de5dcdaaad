"""Several calls side by side, none of which may hold up the answer.

A call that is late goes on in a thread that dies with the process.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from time import monotonic
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")


def at_once(calls: Mapping[K, Callable[[], T]], seconds: float) -> dict[K, T | Exception]:
    """What each call gave within `seconds`, or the error it ended with: a TimeoutError if late."""
    found = dict(_as_they_end(calls, seconds))
    return {name: found.get(name, _late(seconds)) for name in calls}


def first(calls: Mapping[K, Callable[[], T]], seconds: float) -> T:
    """What the first call gives that ends well.

    Raises:
        Exception: the error of the last call to fail, where all do.
        TimeoutError: when none ends within `seconds`.
    """
    problem: Exception = _late(seconds)
    for _, answer in _as_they_end(calls, seconds):
        if not isinstance(answer, Exception):
            return answer
        problem = answer
    raise problem


def _as_they_end(
    calls: Mapping[K, Callable[[], T]], seconds: float
) -> Iterator[tuple[K, T | Exception]]:
    answers: queue.Queue[tuple[K, T | Exception]] = queue.Queue()

    def run(name: K, call: Callable[[], T]) -> None:
        try:
            answers.put((name, call()))
        except Exception as error:
            answers.put((name, error))

    for name, call in calls.items():
        threading.Thread(target=run, args=(name, call), daemon=True).start()
    deadline = monotonic() + seconds
    for _ in calls:
        try:
            yield answers.get(timeout=max(0.0, deadline - monotonic()))
        except queue.Empty:
            return


def _late(seconds: float) -> TimeoutError:
    return TimeoutError(f"no answer within {seconds:.0f} s")
