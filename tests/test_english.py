"""Phrases that were replaced stay replaced: docs/contributing.md has the rules."""

import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.golden import ROOT

_SPANS = "day|week|month|minute|second|hour|time"
REPLACED = {
    r"goes unnoticed": "is handled automatically",
    r"\bin vain\b": "timed out after N s waiting for ...",
    r"\bshall write\b": "site to promote",
    r"\b[Ww]hose (bucket|archive) to read": "site whose bucket to read",
    r"\bto go on\b": "to continue",
    r"\bmend(s|ed|ing)?\b": "fix, repair",
    r"without a hand\b": "recovers without intervention",
    r"hour of (its|their) birth": "on first boot",
    r"\bcalls? for a person": "needs attention",
    r"\bway out\b": "outbound internet access; no way to undo it",
    r"\bargued from\b": "based on reading ...",
    r"\b[Ll]ook first\b": "check first; - run: COMMAND",
    r"\bturn(s|ed) back\b": "rolled back",
    r"\bfound done\b": "already done",
    r"(?i)\bcannot be told\b": "is unknown",
    r"\bno word from\b": "no response from",
    r"could fail over now": "failover ready",
    r"[Cc]ertificates end\b": "certificates expire",
    r"asks? for patience": "throttles",
    r"\banew\b": "again, recreated, replaced, reissued",
    r"promise is kept by": "RPO now: at most N s (stream or archive)",
    r"\b(your|their) word\b": "confirm",
    r"\btold to nobody\b": "notify nobody",
    r"\b[Nn]obody hears\b": "notify nobody",
    r"\bis none \(": "is not valid (...) and is ignored",
    r"\b[Bb]eat, look\b": "write the heartbeat, read the status, publish the metrics",
    r"\bhold still\b": "stop changing",
    r"\bon one side of\b": "in one of the two only",
    r"\bgo on if\b": "continue if",
    r"[Cc]ount the ratios": "compare ratios, not absolute rates",
    r"\b(KiB|MiB|CPU s) a (transaction|segment|GiB)\b": "per",
    r"\ba (transaction|segment|GiB) (less|more)\b": "per",
    r"\bfor ever\b": "forever",
    r"\b(Not (judged|compared|restored)|Judged|Compared|Counted) (is|are)\b": "subject first",
    r"\bis no moment\b": "is not a valid time",
    r"\bleft undone:": "skipped:",
    r"\bbehind the fence: ": "after fencing: ",
    r"\b(proof|proofs|proved)\b": "evidence, verified; what shows it",
    rf"\bone (?!of|with|without)[a-z]+ an? (?!{_SPANS})[a-z]+\b(?= ?[,.;:)|])": "one ... per ...",
}
_OURS = (
    *("*.py", "*.md", "*.yaml", "*.yml", "*.sh", "*.j2", "Makefile", ".ci/run"),
    ":!CHANGELOG.md",
    ":!docs/golden",
    ":!tests/test_english.py",
)


_LEADS_A_LINE = re.compile(r"^\s*(?:#|\*|>|@)*\s*")
_NAMED = re.compile(r'not "(?:prove|proof)"')
"""The glossary, which has to name what it replaces."""


def test_the_texts_are_those_of_every_kind() -> None:
    """One that is not read could say anything."""
    assert {Path(name).suffix or name for name in _texts()} == {
        *(".py", ".md", ".yaml", ".yml", ".sh", ".j2", "Makefile", ".ci/run")
    }


@pytest.mark.parametrize("phrase", REPLACED)
def test_a_replaced_phrase_does_not_come_back(phrase: str) -> None:
    found = [
        f"{name}: ...{text[max(0, each.start() - 40) : each.end() + 40]}..."
        for name, text in _texts().items()
        for each in re.finditer(phrase, text)
    ]

    assert not found, f"say: {REPLACED[phrase]}\n" + "\n".join(found)


@pytest.mark.parametrize("text", ["timed out in\n    vain", "# waited in\n# vain", "> in\n> vain"])
def test_a_phrase_is_found_across_the_end_of_a_line(text: str) -> None:
    assert "in vain" in one_line(text)


def one_line(text: str) -> str:
    """A text without the ends of its lines, and without what begins them."""
    return " ".join(_LEADS_A_LINE.sub("", line) for line in text.splitlines())


@cache
def _texts() -> Mapping[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", *_OURS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {
        name: _NAMED.sub("", one_line((ROOT / name).read_text(encoding="utf-8")))
        for name in listed.stdout.split()
    }
