"""The pauses between two looks at what another takes a while to do."""

from collections.abc import Iterator

_FIRST_SECONDS = 0.25
"""Most verbs end in tenths of a second, and a change of the writer is a dozen of them."""


def pauses(longest_seconds: float) -> Iterator[float]:
    """Without an end: short at first, each twice the one before, until `longest_seconds`."""
    seconds = min(_FIRST_SECONDS, longest_seconds)
    while True:
        yield seconds
        seconds = min(2 * seconds, longest_seconds)
