"""docs/failover.md as a person reads it: what to type, in which order, and what to look for."""

import re
from dataclasses import dataclass
from pathlib import Path

from pgtwin.verdict import SETTLE

_TEXT = Path("docs/failover.md").read_text(encoding="utf-8")
_STEPS = _TEXT.partition("\n1. Look.")[2].partition("\nFor scripts")[0]
_SETTLEMENT = _TEXT.partition(f"\n## {SETTLE}\n")[2].partition("\n| ")[0]
_BLOCK = re.compile(r"^ *```console aws\n(.*?)^ *```", re.M | re.S)


@dataclass(frozen=True, kw_only=True)
class Document:
    """The numbered steps; whoever changes their words changes what is typed and looked for."""

    commands: tuple[str, ...]
    word: str
    """What has to be typed, by default."""
    question: str
    """How the screen asks for it."""
    fence: str
    """How the lines begin that tell what became of each way to fence."""
    end: str
    """What is waited for."""

    @classmethod
    def read(cls) -> "Document":
        lines = "".join(_BLOCK.findall(_STEPS)).splitlines()
        word = _quoted("by default")
        return cls(
            commands=tuple(line.strip().removeprefix("$ ") for line in lines),
            word=word,
            question=f"Type {word} to continue:",
            fence=_quoted("two lines that begin with"),
            end=_quoted("Wait for"),
        )


def settlement() -> tuple[str, ...]:
    """What is typed, in this order, where two records disagree or both sites write."""
    lines = "".join(_BLOCK.findall(_SETTLEMENT)).splitlines()
    return tuple(line.strip().removeprefix("$ ") for line in lines)


def _quoted(after: str) -> str:
    """The quoted words that follow others."""
    found = re.search(rf"{after}\s+`([^`]+)`", _STEPS)
    assert found is not None, after
    return found[1]
