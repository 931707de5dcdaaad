"""Does the drill break by itself? Drills in a row, every second one on a machine kept busy.

The busy work is one endless loop per core at the lowest priority, as a build in the background is.
A drill breaks by itself when a promise breaks, or when it prints a traceback; a drill that says
that the machine was starved does not. Exit code 1 if one did.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from drill.options import Options, count

ROOT = Path(__file__).parent.parent
LOWEST_PRIORITY = "19"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One drill."""

    busy: bool
    seconds: float
    exit_code: int
    verdict: str
    starved: tuple[str, ...]
    """The scenarios that could not be judged."""
    traceback: bool
    """Whether the terminal showed one."""

    @property
    def broke(self) -> bool:
        """Whether it broke by itself."""
        return self.verdict not in ("pass", "starved") or self.traceback


def main() -> int:
    """Run, and print a table that grows; the exit code."""
    parser = Options("bench.steady", __doc__)
    parser.add_argument("--runs", type=count, default=20)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "steady")
    parser.add_argument("arguments", nargs="*", help="of the drill, behind --")
    asked = parser.parse_args()
    runs = []
    for number in range(1, asked.runs + 1):
        runs.append(_run(asked.out / f"run-{number}", asked.arguments, busy=number % 2 == 0))
        Console().print(_table(runs))
    return 1 if any(run.broke for run in runs) else 0


def _run(folder: Path, arguments: list[str], *, busy: bool) -> Run:
    began = time.monotonic()
    with _load(os.cpu_count() or 1 if busy else 0):
        drill = subprocess.run(
            [sys.executable, "-m", "drill", "--out", str(folder), *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    report = folder / "report.json"
    # Without a report the sites did not come up: the exit code says why.
    starved = "starved" if drill.returncode == os.EX_TEMPFAIL else "fail"
    document: dict[str, Any] = {"verdict": starved}
    if report.exists():
        document = json.loads(report.read_text())
    return Run(
        busy=busy,
        seconds=time.monotonic() - began,
        exit_code=drill.returncode,
        verdict=document["verdict"],
        starved=tuple(
            each["name"] for each in document.get("scenarios", []) if each["outcome"] == "starved"
        ),
        traceback="Traceback" in drill.stderr,
    )


@contextmanager
def _load(loops: int) -> Iterator[None]:
    loop = ["nice", "-n", LOWEST_PRIORITY, sys.executable, "-c", "while True: pass"]
    running = [subprocess.Popen(loop) for _ in range(loops)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def _table(runs: list[Run]) -> Table:
    table = Table(box=None)
    for column in ("run", "machine", "seconds", "exit code", "verdict", "starved", "traceback"):
        table.add_column(column)
    for number, run in enumerate(runs, start=1):
        table.add_row(
            str(number),
            "busy" if run.busy else "quiet",
            f"{run.seconds:.0f}",
            str(run.exit_code),
            run.verdict,
            ", ".join(run.starved) or "-",
            "yes" if run.traceback else "no",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
