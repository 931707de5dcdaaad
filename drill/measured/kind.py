"""What a measured figure is called, and where it is found."""

from collections.abc import Callable
from dataclasses import dataclass

from drill.report.document import Report

Read = Callable[[Report], float | None]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One figure; `read` finds it in a report, and is None where another command measures it."""

    name: str
    title: str
    unit: str
    by: str
    read: Read | None = None
    headline: bool = False
    """Whether README shows it."""
    digits: int = 2
    """How many after the point are kept."""
