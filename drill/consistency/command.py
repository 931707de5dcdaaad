"""`python -m drill.consistency --runs 200`: role changes under clients; build/consistency.json.

Exit codes: 0 every history is consistent, 1 one is not or a change did not end, 2 bad input, 75
nothing was wrong but a run could not be judged, 130 interrupted. `--resume` continues where a run
of the same code ended.
"""

import argparse
import logging
import os
import shutil
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path

from drill.consistency import report
from drill.consistency.checker import PORCUPINE, Checker
from drill.consistency.result import Result
from drill.consistency.session import Session
from drill.failures.source import commit, fingerprint
from drill.grounds.embedded import EmbeddedGround
from drill.options import Options, count, document
from drill.rehearsed_configuration import rehearsed
from drill.report import kept_run
from drill.rig.parts.build import MissingPrerequisitesError
from drill.starvation.meter import Meter
from drill.terminal import Terminal
from drill.twin import Twin

_LOG = "consistency.log"
UNDECIDED = os.EX_TEMPFAIL
GROUNDS = 10
"""A run that is stuck ends its pair of sites; how many pairs are made at most."""


def main(arguments: Sequence[str], terminal: Terminal) -> int:
    """Play and report."""
    with redirect_stderr(terminal.file):
        chosen = _parser().parse_args(arguments)
    work = chosen.out.with_suffix("").resolve()
    try:
        checker = Checker.built(terminal.say)
    except MissingPrerequisitesError as missing:
        terminal.say(str(missing))
        return 2
    make_room(work, keep=chosen.resume)
    terminal.keep_in(work / _LOG)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    found = _Runs(chosen, terminal)
    for number in range(1, GROUNDS + 1):
        if found.missing:
            _play(found, work / f"sites-{number}", checker)
    print(report.table(found.document()))  # noqa: T201
    print(chosen.out)  # noqa: T201
    return exit_code(found.results)


def make_room(work: Path, *, keep: bool) -> None:
    """`keep` the histories that an earlier part of the run left; its sites always go."""
    for left in work.glob("sites-*") if keep else [work]:
        shutil.rmtree(left, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)


def exit_code(results: Sequence[Result]) -> int:
    """What the results come to."""
    if any(result.verdict == "anomaly" for result in results):
        return 1
    if any(result.verdict == "stuck" and not result.starved for result in results):
        return 1
    return 0 if all(result.verdict == "consistent" for result in results) else UNDECIDED


class _Runs:
    """What was played so far, kept after each run."""

    def __init__(self, chosen: argparse.Namespace, terminal: Terminal) -> None:
        self.config: Path = chosen.config.path
        self.say = terminal.say
        self._out: Path = chosen.out
        self._asked: int = chosen.runs
        self._source, self._commit = fingerprint(self.config, *_CODE), commit()
        self.results = report.read(chosen.out, self._source) if chosen.resume else []

    @property
    def missing(self) -> list[int]:
        """The numbers that were not played."""
        played = {result.number for result in self.results}
        return [number for number in range(1, self._asked + 1) if number not in played]

    def keep(self, result: Result) -> None:
        """Add one and write all."""
        self.results.append(result)
        kept_run.write(self.document(), self._out)
        counts = result.counts
        self.say(
            f"run {result.number}: {result.verdict} after {result.seconds:.0f} s, "
            f"{counts.acknowledged} acknowledged, {counts.lost} lost {'; '.join(result.said)}"
        )

    def document(self) -> dict[str, object]:
        """For the report."""
        return report.document(
            self.results,
            asked=self._asked,
            source=self._source,
            checker=PORCUPINE.version,
            commit=self._commit,
        )


_CODE = ("host", "charts", "drill/consistency", "drill/operator", "drill/kubernetes", "drill/sites")
"""What is played here beside what the matrix of failures plays."""


def _play(found: _Runs, work: Path, checker: Checker) -> None:
    ground = EmbeddedGround(rehearsed(found.config, work), work, found.say)
    with Meter(work) as machine, Twin(ground, work) as twin:
        session = Session(
            twin=twin, checker=checker, machine=machine, folder=work.parent, tell=found.say
        )
        for result in session.play(found.missing):
            found.keep(result)


def _parser() -> argparse.ArgumentParser:
    parser = Options("drill.consistency", __doc__)
    parser.add_config()
    parser.add_argument("--runs", type=count, default=200, help="how many role changes")
    parser.add_argument("--out", type=document(_LOG), default=Path("build/consistency.json"))
    parser.add_resume()
    return parser
