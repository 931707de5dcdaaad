"""docs/restore.md as the tests that type it read it.

A test gets the commands that it types from here, by the words of the page. So
tests/test_restore_page.py finds who types what: a command of the page that no test asks for, or
that two do, is a failure there.
"""

import re
from typing import Literal

from tests.golden import ROOT

TEXT = (ROOT / "docs/restore.md").read_text(encoding="utf-8")
Part = Literal["Both Clusters are gone", "the rest"]
"""A section, or all others."""
GONE: Part = "Both Clusters are gone"
REST: Part = "the rest"
_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```", re.M | re.S)
_SPAN = re.compile(r"`([^`]+)`")
_BEFORE, _TITLE, _AFTER = TEXT.partition(f"\n## {GONE}\n")
_OF_GONE, _, _OTHERS = _AFTER.partition("\n## ")
_PARTS: dict[Part, str] = {GONE: _OF_GONE, REST: f"{_BEFORE}\n{_OTHERS}"}


def languages() -> list[str]:
    """Of its fenced blocks."""
    return [language for language, _ in _FENCE.findall(TEXT)]


def spans() -> list[str]:
    """What stands between backticks in a sentence or a table, each once."""
    words = (" ".join(span.split()) for span in _SPAN.findall(_FENCE.sub("", TEXT)))
    return list(dict.fromkeys(words))


def part(name: Part) -> str:
    """Its text."""
    return _PARTS[name]


def console(name: Part) -> list[str]:
    """The commands of the blocks `console aws` there, in order; the asking test types all."""
    blocks = [text for language, text in _FENCE.findall(part(name)) if language == "console aws"]
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


def sql() -> str:
    """The one block of SQL; the asking test types it."""
    (block,) = [text for language, text in _FENCE.findall(TEXT) if language == "sql"]
    return str(block)


def typed(words: str) -> str:
    """A command within a sentence; the asking test types it."""
    assert words in spans(), f"docs/restore.md does not say {words!r}"
    return words


def again(beginning: str) -> str:
    """The one command of a block that begins so, for a test beside that which types the block."""
    (command,) = (each for name in _PARTS for each in console(name) if each.startswith(beginning))
    return command
