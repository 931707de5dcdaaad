"""`python -m drill --config FILE [--ground GROUND] [--scenario NAME]`: rehearse and report.

Exit codes: 0 every promise was kept, 1 one was broken, 2 bad input, 75 (EX_TEMPFAIL, "try again")
the machine was too busy to judge one, 130 interrupted. `make` turns each but 0 into its own 2.
"""

import argparse
import fcntl
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from drill import deployed_mode
from drill.drill import Drill
from drill.ground import GROUNDS
from drill.grounds.choice import Choice, GroundUnfit
from drill.options import Options, count, folder, milliseconds
from drill.replication_mode import DISTANCE_SECONDS
from drill.report.document import Report
from drill.report.page import write
from drill.scenarios import catalogue
from drill.scenarios.catalogue import Act
from drill.starvation.load import Load
from drill.starvation.meter import Meter
from drill.terminal import Terminal
from drill.twin import Twin
from drill.view import View
from drill.vital_signs import look
from topology.refused import Refused
from topology.topology import Replication

STARVED = os.EX_TEMPFAIL
_log = logging.getLogger(__name__)
_LOG = "drill.log"
_OUT = {"embedded": "build/drill", "rig": "build/drill-real", "clusters": "build/drill-real"}
_EXIT_CODES = {"pass": 0, "fail": 1, "starved": STARVED}


def main(arguments: list[str], terminal: Terminal) -> int:
    """Play the drill; the exit code."""
    with redirect_stderr(terminal.file):
        parsed = _parser().parse_args(arguments)
    work = Path(parsed.out or _OUT[parsed.ground]).resolve()
    choice = Choice(
        ground=parsed.ground,
        kubeconfigs=parsed.clusters or (),
        address=parsed.address,
        hurried=not parsed.scenario and parsed.losses == 1,
        replication=parsed.replication,
        rpo=parsed.rpo,
        distance_seconds=parsed.distance_ms / 1000,
    )
    try:
        choice.check(parsed.config.topology)
        with _alone_in(work, terminal):
            return _play(parsed, choice, work, terminal)
    except GroundUnfit as unfit:
        for reason in unfit.reasons:
            terminal.say(reason)
        return 2
    except Refused as refused:
        for problem in refused.problems:
            terminal.say(f"{parsed.config.path}: {problem}")
        return 2
    except BlockingIOError:
        terminal.say(f"another drill works in {work} - wait for its end, or give --out")
        return 2


@contextmanager
def _alone_in(work: Path, terminal: Terminal) -> Iterator[None]:
    """Keep other drills out of the folder, then empty it."""
    work.parent.mkdir(parents=True, exist_ok=True)
    with work.with_name(f".{work.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        terminal.keep_in(work / _LOG)
        logging.basicConfig(
            filename=work / _LOG,
            level=logging.INFO,
            format="%(asctime)s %(levelname)s %(name)s %(message)s",
        )
        logging.getLogger("botocore").setLevel(logging.WARNING)
        yield


def _play(parsed: argparse.Namespace, choice: Choice, work: Path, terminal: Terminal) -> int:
    started, began = datetime.now(UTC), time.monotonic()
    twins: list[Twin] = []
    view = View(lambda: look(twins[0]) if twins else None, terminal.file)
    with ExitStack() as stack:
        meter = stack.enter_context(Meter(work))
        stack.enter_context(view)
        try:
            ground = choice.make(parsed.config.path, work, view.say)
            twin = stack.enter_context(Twin(ground, work))
        except GroundUnfit:
            raise
        except Exception as error:
            return _not_up(error, meter.load(began), terminal)
        twins.append(twin)
        drill = Drill(twin=twin, view=view, work=work, asked=parsed.config.path, machine=meter)
        _rehearse(drill, parsed)
        twins.clear()
        report = drill.report(started=started, duration_seconds=time.monotonic() - began)
    return _tell(report, write(report, work))


def _rehearse(drill: Drill, parsed: argparse.Namespace) -> None:
    for act in _chosen(parsed):
        drill.play(act)
    for number in range(2, parsed.losses + 1):
        drill.play((catalogue.again(number),), suffix=f"-{number}")
    if parsed.losses > 1:
        drill.measure_throughput()


def _tell(report: Report, page: Path) -> int:
    print(f"{report.summary}: {page}")  # noqa: T201
    if report.repeat:
        print(f"close other programs - run: {report.repeat}")  # noqa: T201
    return _EXIT_CODES[report.verdict]


def _not_up(error: Exception, load: Load, terminal: Terminal) -> int:
    """No promise was tried yet: on a busy machine that says nothing about the system."""
    if not load.starved:
        raise error
    _log.exception("the sites did not come up")
    terminal.say(
        f"starved: the sites did not come up, because {load.sentence}\n"
        f"close other programs and repeat; see {terminal.log}"
    )
    return STARVED


def _chosen(parsed: argparse.Namespace) -> tuple[Act, ...]:
    if parsed.scenario:
        return catalogue.asked(parsed.scenario)
    if parsed.short:
        return tuple(((catalogue.named(name),),) for name in catalogue.SHORT)
    return catalogue.ACTS


def _parser() -> argparse.ArgumentParser:
    parser = Options("drill", __doc__)
    parser.add_config()
    names = [scenario.name for scenario in catalogue.ALL]
    parser.add_names("--scenario", names, "only this one, or these in turn")
    parser.add_argument("--ground", choices=GROUNDS, default="embedded", help="where it is played")
    parser.add_argument(
        "--clusters", type=_paths, help="the kubeconfigs of the primary and of DR, with a comma"
    )
    parser.add_argument("--address", default="", help="of this computer, as both clusters reach it")
    parser.add_argument(
        "--out", type=folder(_LOG), help="folder of the report and the log, emptied first"
    )
    parser.add_argument("--short", action="store_true", help="the short form of the test suite")
    parser.add_argument(
        "--losses", type=count, default=1, help="losses of the region, each in another way"
    )
    parser.add_argument(
        "--replication", choices=get_args(Replication), help="instead of the configuration's"
    )
    parser.add_argument(
        "--rpo",
        help="with synchronous, how long commits wait for the other region, such as 0 or 30s; "
        f"without it the configuration's, or {deployed_mode.RPO}",
    )
    parser.add_argument(
        "--distance-ms",
        type=milliseconds,
        default=DISTANCE_SECONDS * 1000,
        help="there and back between the sites, for the stream",
    )
    return parser


def _paths(text: str) -> tuple[Path, ...]:
    return tuple(Path(each) for each in text.split(","))
