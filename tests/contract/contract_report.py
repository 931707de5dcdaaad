"""build/contract.json: which behaviours were compared, and in which the double differs."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.real.real_site import versions

SIDES = ("double", "shell", "real")
_NEEDED = ("double", "real")
"""Without these two nothing was compared; `shell` is another way to ask the double."""
TOGETHER = "together"
"""Of a test without a side, which holds the double to a recording, or ours to a real part."""
_OF_THE_SUITE = re.compile(r"planted|/test_(contract_report|foreign_words|trouble)\.py")
"""Tests of the suite itself: they compare nothing."""


class ContractReport:
    """A plugin of pytest. A behaviour is compared when it holds on every side.

    The document: `{"behaviours": n, "compared": n, "differ": [{"behaviour", "double", "shell",
    "real" or "together"}], "not_compared": [{"behaviour", "why"}], "versions": {...}, "seconds": x,
    "build_seconds": x}`. All seconds are of the session; building the real parts is part of them.
    """

    def __init__(self, file: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._clock = clock
        self._began = clock()
        self._outcomes: dict[str, dict[str, str]] = {}
        self.build_seconds = 0.0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a behaviour ended on a side: at its first failure or skip, or after its call."""
        if _OF_THE_SUITE.search(report.nodeid):
            return
        behaviour, side = _behaviour(report.nodeid)
        if report.when == "call" or not report.passed:
            self._outcomes.setdefault(behaviour, {}).setdefault(side, _outcome(report))

    def pytest_sessionfinish(self) -> None:
        """Write the document."""
        taken = {"seconds": self._clock() - self._began, "build_seconds": self.build_seconds}
        found = document(self._outcomes) | {key: round(taken[key], 1) for key in taken}
        self._file.parent.mkdir(exist_ok=True)
        self._file.write_text(json.dumps(found, indent=2) + "\n")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say on one line what was compared."""
        found = document(self._outcomes)
        terminalreporter.write_line(
            f"contract: {found['behaviours']} behaviours, {found['compared']} compared, "
            f"{len(found['differ'])} differ, {len(found['not_compared'])} not compared: "
            f"{self._file}"
        )


def document(outcomes: dict[str, dict[str, str]]) -> dict[str, Any]:
    """The document, from how each behaviour ended on each side."""
    differ, not_compared = [], []
    for behaviour, sides in sorted(outcomes.items()):
        needed = () if TOGETHER in sides else _NEEDED
        ends = {side: sides.get(side, "skipped: was not run") for side in (*sides, *needed)}
        skipped = [end for end in ends.values() if end.startswith("skipped")]
        if any(end.startswith("failed") for end in ends.values()):
            differ.append({"behaviour": behaviour, **ends})
        elif skipped:
            not_compared.append({"behaviour": behaviour, "why": skipped[0]})
    return {
        "behaviours": len(outcomes),
        "compared": len(outcomes) - len(differ) - len(not_compared),
        "differ": differ,
        "not_compared": not_compared,
        "versions": versions(),
    }


def _behaviour(nodeid: str) -> tuple[str, str]:
    """The node without its side, and the side, from `file::test[side]` or `file::test[side-x]`;
    `together` where there is none."""
    test, _, parameters = nodeid.partition("[")
    words = parameters.rstrip("]").split("-")
    side = next((word for word in words if word in SIDES), TOGETHER)
    rest = "-".join(word for word in words if word != side)
    return f"{test}[{rest}]" if rest else test, side


def _outcome(report: pytest.TestReport) -> str:
    if report.passed:
        return "passed"
    if report.skipped:
        why = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        return f"skipped: {why}"
    crash = getattr(report.longrepr, "reprcrash", None)
    return f"failed: {crash.message if crash else report.longrepr}"
