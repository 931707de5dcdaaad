"""Does Ctrl-C leave anything of a rig? Drills on the rig, each interrupted at another moment.

The moments are random and printed with their seed. A terminal sends SIGINT to everything in the
foreground, so the whole group gets it. Exit code 1 if anything was left; it is named, and removed
before the next run.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from drill.options import Options, count
from drill.rig import remains
from drill.rig.name import DRILL, RigName

ROOT = Path(__file__).parent.parent
RIG = RigName(run=DRILL)
ENDS_WITHIN_SECONDS = 300.0
"""Removing the disks of five machines takes minutes where storage is slow."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One interrupted drill."""

    after_seconds: float
    reached: str
    """The last line that it had printed."""
    ended_within_seconds: float | None
    """None where it had to be killed."""
    left: Sequence[str]
    traceback: bool

    @property
    def clean(self) -> bool:
        """Whether it ended by itself and left nothing."""
        return self.ended_within_seconds is not None and not self.left and not self.traceback


def main() -> int:
    """Run, and print a table that grows; the exit code."""
    parser = Options("bench.interrupted", __doc__)
    parser.add_argument("--runs", type=count, default=5)
    parser.add_argument("--latest-seconds", type=float, default=900.0)
    parser.add_argument("--seed", type=int, default=os.getpid())
    asked = parser.parse_args()
    if left := remains.find(RIG):
        print(f"there is a rig already: {left[0]} - run: make rig-down", file=sys.stderr)
        return 2
    print(f"--seed {asked.seed}", file=sys.stderr)
    moments = random.Random(asked.seed)  # noqa: S311 (repeatable, not secret)
    runs = []
    for _ in range(asked.runs):
        runs.append(_run(moments.uniform(1, asked.latest_seconds)))
        Console().print(_table(runs))
    return 0 if all(run.clean for run in runs) else 1


def _run(after_seconds: float) -> Run:
    log = ROOT / "build" / "interrupted.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as file:
        drill = subprocess.Popen(
            [sys.executable, "-m", "drill", "--ground", "rig"],
            cwd=ROOT,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        _let_run(drill, after_seconds)
        reached = log.read_text().splitlines()[-1:]
        ended = _interrupt(drill)
    left = remains.find(RIG)
    remains.remove(RIG)
    return Run(
        after_seconds=after_seconds,
        reached="".join(reached)[:70],
        ended_within_seconds=ended,
        left=left,
        traceback="Traceback" in log.read_text(),
    )


def _let_run(drill: subprocess.Popen[bytes], seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        drill.wait(seconds)


def _interrupt(drill: subprocess.Popen[bytes]) -> float | None:
    began = time.monotonic()
    if drill.poll() is None:
        os.killpg(drill.pid, signal.SIGINT)
    try:
        drill.wait(ENDS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(drill.pid, signal.SIGKILL)
        drill.wait()
        return None
    return time.monotonic() - began


def _table(runs: Sequence[Run]) -> Table:
    table = Table(box=None)
    for column in ("run", "after s", "ended in s", "left", "traceback", "reached"):
        table.add_column(column)
    for number, run in enumerate(runs, start=1):
        table.add_row(
            str(number),
            f"{run.after_seconds:.0f}",
            "killed" if run.ended_within_seconds is None else f"{run.ended_within_seconds:.0f}",
            ", ".join(run.left) or "nothing",
            "yes" if run.traceback else "no",
            run.reached,
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
