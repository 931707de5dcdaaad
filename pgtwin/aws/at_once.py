"""Several calls side by side, none of which may hold up the answer."""

import queue
import threading
from collections.abc import Callable, Mapping
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


def at_once(calls: Mapping[str, Callable[[], T]], seconds: float) -> dict[str, T | Exception]:
    """Run all calls in threads; what each gave within `seconds`, or the error it ended with.

    A call that is late is reported as a TimeoutError; its thread dies with the process.
    """
    answers: queue.Queue[tuple[str, T | Exception]] = queue.Queue()

    def run(name: str, call: Callable[[], T]) -> None:
        try:
            answers.put((name, call()))
        except Exception as error:
            answers.put((name, error))

    for name, call in calls.items():
        threading.Thread(target=run, args=(name, call), daemon=True).start()
    found: dict[str, T | Exception] = {}
    deadline = monotonic() + seconds
    while len(found) < len(calls):
        try:
            name, answer = answers.get(timeout=max(0.0, deadline - monotonic()))
        except queue.Empty:
            break
        found[name] = answer
    late = TimeoutError(f"no answer within {seconds:.0f} s")
    return {name: found.get(name, late) for name in calls}
