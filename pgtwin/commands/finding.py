"""What one check of `pgtwin doctor` answers."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One check's answer; the remedy is `run: COMMAND` or an edit of the configuration."""

    what: str
    verdict: Literal["right", "missing", "unknown"]
    """`unknown` where nobody could look, or where a deployment works without it."""
    found: str
    remedy: str


def right(what: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(what=what, verdict="right", found=found, remedy="")
