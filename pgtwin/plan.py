"""Who does what, in which order: data that can be shown before it is run."""

from collections.abc import Callable
from dataclasses import dataclass

from pgtwin.errors import SiteError


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
    leave: Callable[[SiteError], None] | None = None
    """For a step behind the point of no return, where a region's silence about the lock must not
    stop the plan: notes what is left to do."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The steps of one command, and the way back."""

    what: str
    steps: tuple[Step, ...]
    way_back: tuple[Step, ...] = ()
    """Taken when a step up to and including `last_way_back` fails."""
    last_way_back: str | None = None
    repeat: str
    """The command that continues this plan after an interruption."""

    def may_turn_back_at(self, index: int) -> bool:
        """Whether a failure of step `index` is answered by the way back."""
        names = [step.name for step in self.steps]
        return self.last_way_back is not None and index <= names.index(self.last_way_back)

    def lines(self) -> tuple[dict[str, str], ...]:
        """What `--dry-run` shows."""
        return tuple(
            {"step": step.name, "changes": step.changes, "undo": step.undo} for step in self.steps
        )
