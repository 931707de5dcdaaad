"""build/contract.json: which behaviours were compared, and in which the double differs."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.real.real_site import versions

SIDES = ("double", "shell", "real")
_NEEDED = ("double", "real")
"""Without these two nothing was compared; `shell` is another way to ask the double."""


class ContractReport:
    """A plugin of pytest. A behaviour is compared when it holds on every side.

    The document: `{"behaviours": n, "compared": n, "differ": [{"behaviour", "double", "shell",
    "real"}], "not_compared": [{"behaviour", "why"}], "versions": {...}}`.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._outcomes: dict[str, dict[str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a behaviour ended on a side: at its first failure or skip, or after its call."""
        behaviour, side = _behaviour(report.nodeid)
        if side in SIDES and (report.when == "call" or not report.passed):
            self._outcomes.setdefault(behaviour, {}).setdefault(side, _outcome(report))

    def pytest_sessionfinish(self) -> None:
        """Write the document."""
        self._file.parent.mkdir(exist_ok=True)
        self._file.write_text(json.dumps(document(self._outcomes), indent=2) + "\n")

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
        ends = {side: sides.get(side, "skipped: was not run") for side in (*sides, *_NEEDED)}
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
    """The node without its side, and the side, from `file::test[side]` or `file::test[side-x]`."""
    test, _, parameters = nodeid.partition("[")
    words = parameters.rstrip("]").split("-")
    side = next((word for word in words if word in SIDES), "")
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
