"""Phrases that were replaced stay replaced: docs/contributing.md has the rules."""

import re
import subprocess

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
    r"\bbackups proved\b": "last verified restore",
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
    r"\bis no moment\b": "is not a valid time",
    r"\bleft undone:": "skipped:",
    r"\bbehind the fence: ": "after fencing: ",
    rf"\bone (?!of|with|without)[a-z]+ an? (?!{_SPANS})[a-z]+\b(?= ?[,.;:)|])": "one ... per ...",
}
_OURS = (
    "*.py",
    "*.md",
    "*.yaml",
    "*.sh",
    ":!CHANGELOG.md",
    ":!docs/golden",
    ":!tests/test_english.py",
)


@pytest.mark.parametrize("phrase", REPLACED)
def test_a_replaced_phrase_does_not_come_back(phrase: str) -> None:
    listed = subprocess.run(
        ["git", "ls-files", *_OURS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = [
        f"{name}:{number}: {line.strip()}"
        for name in listed.stdout.split()
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1)
        if re.search(phrase, line)
    ]

    assert not found, f"say: {REPLACED[phrase]}\n" + "\n".join(found)
