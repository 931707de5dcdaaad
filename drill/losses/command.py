"""`python -m drill.losses --runs 20`: losses in each mode of replication; build/losses.json.

The modes take turns, a few losses at a time on a new pair of sites, so that a run that is stopped
has losses of each, and a machine that becomes busy disturbs all alike. `--resume` continues where a
run of the same code ended.

Exit codes: 0 every loss kept the promise of its mode, 1 one broke it, 2 bad input, 75 the machine
was too busy to judge one, 130 interrupted.
"""

import argparse
import logging
import os
import shutil
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path

from drill.failures.source import fingerprint
from drill.grounds.embedded import EmbeddedGround
from drill.losses import session
from drill.losses.document import Losses, table
from drill.options import Options, count, document
from drill.rehearsed_configuration import rehearsed
from drill.replication_mode import ALL, MODES, Mode
from drill.report.losses import SIDE_BY_SIDE
from drill.starvation.meter import Meter
from drill.terminal import Terminal
from drill.twin import Twin

_LOG = "losses.log"
TURN = 4
"""Losses on one pair of sites, until another mode has its turn."""
_CODE = (
    *("host", "charts", "drill/losses", "drill/scenarios", "drill/stream", "drill/traffic"),
    *("drill/operator", "drill/kubernetes", "drill/sites"),
)
"""What is played here beside what the matrix of failures plays."""
_EXIT_CODES = {"pass": 0, "fail": 1, "starved": os.EX_TEMPFAIL}


def main(arguments: Sequence[str], terminal: Terminal) -> int:
    """Play and report."""
    with redirect_stderr(terminal.file):
        chosen = _parser().parse_args(arguments)
    work = chosen.out.with_suffix("").resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    terminal.keep_in(work / _LOG)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    source = fingerprint(chosen.config.path, *_CODE)
    losses = Losses(path=chosen.out, source=source, asked=chosen.runs, resumes=chosen.resume)
    modes = [mode for mode in ALL if mode.name in (chosen.mode or [each.name for each in MODES])]
    while any(map(losses.missing, modes)):
        for mode in filter(losses.missing, modes):
            turn = losses.missing(mode)[:TURN]
            _play(mode, turn, losses, chosen.config.path, work, terminal)
    print(table(losses.modes))  # noqa: T201
    print(chosen.out)  # noqa: T201
    return _EXIT_CODES[losses.verdict]


def _play(
    mode: Mode,
    numbers: Sequence[int],
    losses: Losses,
    config: Path,
    work: Path,
    terminal: Terminal,
) -> None:
    folder = work / mode.folder / str(numbers[0])
    terminal.say(f"{mode.name}: losses {', '.join(map(str, numbers))}")
    ground = EmbeddedGround(
        rehearsed(config, folder, replication=mode.replication, hurried=mode.hurried),
        folder,
        terminal.say,
        distance_seconds=mode.distance_seconds or 0,
    )
    with Meter(folder) as machine, Twin(ground, folder) as twin:
        for played in session.play(twin, machine, mode, numbers, folder=folder, tell=terminal.say):
            losses.keep(played)
            terminal.say(played.sentence)


def _parser() -> argparse.ArgumentParser:
    parser = Options("drill.losses", __doc__)
    parser.add_config()
    parser.add_argument("--runs", type=count, default=20, help="losses per mode")
    parser.add_names("--mode", [mode.name for mode in ALL], "only this one")
    parser.add_argument("--out", type=document(_LOG), default=SIDE_BY_SIDE)
    parser.add_resume()
    return parser
