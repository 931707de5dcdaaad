"""One step of a plan."""

from collections.abc import Callable
from dataclasses import dataclass


def never() -> bool:
    """For steps that are cheap and safe to repeat."""
    return False


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is done, what it changes, and how one would take it back.

    `done` looks at the sites, never at what an earlier run believed: a plan that was interrupted
    anywhere is simply run again.
    """

    name: str
    changes: str
    undo: str
    act: Callable[[], None]
    done: Callable[[], bool] = never
