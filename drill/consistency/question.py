"""What porcupine is asked about a history: a list per key, and when what happened to it.

* What the database refused did not happen, and is left out: a refused element that is seen all the
  same cannot be explained by anything.
* An append whose answer never came is left out where nobody saw its element. Where somebody did, it
  happened before the first answer that shows it was given.
* A failover is one more operation: a truncation, at a time between the loss of the old writer and
  the end of the command, to exactly what the new writer showed afterwards. It may take away what
  was acknowledged within the tail that the command named, and whatever was never acknowledged.
* A read of a replica is not asked about: it may show an earlier moment (`replica_reads.py`).
"""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from drill.consistency.history import Elements, Failover, History, Operation

NANOSECONDS = 1e9
Question = dict[str, Any]


def question(history: History) -> dict[str, Question]:
    """For each key the list at the beginning and the operations, as the checker reads them."""
    began = min((each.called for each in history.operations), default=0.0)
    return {
        key: {"start": list(start), "operations": list(_operations(history, key, began))}
        for key, start in history.starts.items()
    }


def _operations(history: History, key: str, began: float) -> Iterator[Question]:
    of_key = history.of(key)
    for each in of_key:
        if each.shows_the_writer:
            yield _asked(each, began, shown=each.shown, returned=each.returned)
        elif each.kind == "append" and each.outcome == "unknown":
            seen_at = [other.returned for other in of_key if each.element in other.shown]
            if seen_at:
                yield _asked(each, began, shown=None, returned=max(min(seen_at), each.called))
    if history.failover:
        yield _truncation(history.failover, of_key, history.ends()[key], began)


def _asked(
    operation: Operation, began: float, *, shown: Elements | None, returned: float
) -> Question:
    return {
        "kind": operation.kind,
        "who": f"{operation.client} by {operation.site}",
        "element": operation.element,
        "shown": shown,
        "register": operation.register,
        "called": _nanoseconds(operation.called - began),
        "returned": _nanoseconds(returned - began),
    }


def _truncation(
    failover: Failover, of_key: list[Operation], end: Elements, began: float
) -> Question:
    appends = [each for each in of_key if each.kind == "append"]
    later = {
        each.element
        for each in appends
        if each.site == failover.to and each.called >= failover.began
    }
    return {
        "kind": "truncate",
        "who": f"failover to {failover.to}",
        "shown": list(takewhile(lambda element: element not in later, end)),
        "may_lose": [each.element for each in appends if _may_be_lost(each, failover)],
        "called": _nanoseconds(failover.began - began),
        "returned": _nanoseconds(failover.ended - began),
    }


def _may_be_lost(append: Operation, failover: Failover) -> bool:
    return append.outcome == "unknown" or append.returned >= failover.lost_since


def _nanoseconds(seconds: float) -> int:
    return round(seconds * NANOSECONDS)
