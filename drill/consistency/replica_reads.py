"""What a replica showed: an earlier moment of the writer is stale, anything else is an anomaly."""

from dataclasses import dataclass

from drill.consistency.history import Elements, History, Operation


@dataclass(frozen=True, kw_only=True)
class ReplicaReads:
    """The reads of replicas in one history."""

    count: int
    stale: int
    """How many lacked what had been acknowledged before they were asked."""
    oldest_seconds: float
    """How long before such a read the first thing was acknowledged that it lacked."""
    strange: tuple[Operation, ...]
    """Those that show what the writer never held."""

    @classmethod
    def of(cls, history: History) -> "ReplicaReads":
        """Look at each of them."""
        reads = [each for each in history.operations if each.kind == "read" and each.on_replica]
        held = {key: _longest(_held(history, key)) for key in history.starts}
        unknown = {
            each.element
            for each in history.operations
            if each.kind == "append" and each.outcome == "unknown"
        }
        ends = history.ends()
        found = (_age_seconds(history.of(read.key), read, ends[read.key]) for read in reads)
        ages = [age for age in found if age is not None]
        return cls(
            count=len(reads),
            stale=len(ages),
            oldest_seconds=max(ages, default=0.0),
            strange=tuple(each for each in reads if not _was_held(each, held[each.key], unknown)),
        )


def _held(history: History, key: str) -> set[Elements]:
    shown = {each.shown for each in history.of(key) if each.shows_the_writer}
    return {history.starts[key], *shown}


def _longest(lists: set[Elements]) -> list[Elements]:
    """Those that are not the beginning of another one: every other moment is a prefix of one."""
    found: list[Elements] = []
    for each in sorted(lists, key=len, reverse=True):
        if not any(longer[: len(each)] == each for longer in found):
            found.append(each)
    return found


def _was_held(read: Operation, held: list[Elements], unknown: set[str]) -> bool:
    """Whether it is what the writer held, but for a tail of appends that had no answer."""
    shown, register = read.shown, read.register
    if register != (shown[-1] if shown else ""):
        return False
    while shown and shown[-1] in unknown and not any(each[: len(shown)] == shown for each in held):
        shown = shown[:-1]
    return any(each[: len(shown)] == shown for each in held)


def _age_seconds(of_key: list[Operation], read: Operation, end: Elements) -> float | None:
    """None where it lacks nothing that had been acknowledged, and that stayed."""
    stayed = set(end) - set(read.shown)
    lacking = [
        each.returned
        for each in of_key
        if each.acknowledged and each.element in stayed and each.returned < read.called
    ]
    return read.called - min(lacking) if lacking else None
