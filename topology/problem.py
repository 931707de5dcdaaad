"""What is wrong with a configuration."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One mistake: the fields it is about, and what is allowed there."""

    fields: tuple[str, ...]
    allowed: str

    def __str__(self) -> str:
        return f"{', '.join(self.fields)}: {self.allowed}"
