"""Who does what, in which order: data that can be shown before it is run."""

from dataclasses import dataclass

from pgtwin.step import Step


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
