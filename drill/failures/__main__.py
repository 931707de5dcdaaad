"""`python -m drill.failures`: the matrix, or the cells that the options choose.

Exit codes: 0 every cell ended as it should, 1 one did not, 2 bad input.
"""

import argparse
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from drill.aws.embedded_aws import EmbeddedAws
from drill.failure_modes import MODES, FailureMode
from drill.failures import report
from drill.failures.cell import AFTER, BEFORE, Cell, Result
from drill.failures.commands import COMMANDS, REGIONS, Command
from drill.failures.player import Player
from drill.operator.processes import Processes
from topology.load import load
from topology.site import SITES

_SAY_SECONDS = 5.0


def main(arguments: Sequence[str]) -> int:
    """Play and report."""
    chosen = _parser().parse_args(arguments)
    regions = [load(chosen.config).site(site).region for site in SITES]
    with tempfile.TemporaryDirectory(prefix="pgtwin-failures-") as work:
        folder = Path(work)
        aws = EmbeddedAws(regions, log=chosen.out.with_suffix(".log"))
        with aws, Processes(folder / "processes") as processes:
            players = [
                Player(aws, config=chosen.config, folder=folder / f"f{n}", start=processes.warm)
                for n in range(chosen.workers)
            ]
            results = play(players, cells(players[0], chosen))
            for player in players:
                player.close()
    report.write(results, chosen.out)
    print(report.table(results))  # noqa: T201
    print(chosen.out)  # noqa: T201
    return int(any(result.wrong for result in results))


def cells(player: Player, chosen: argparse.Namespace) -> list[Cell]:
    """The chosen part of the matrix, longest commands first."""
    commands = [each for each in COMMANDS if each.name in (chosen.command or _names(COMMANDS))]
    modes = [each for each in MODES if each.name in (chosen.mode or _names(MODES))]
    return [
        Cell(command=command, region=region, mode=mode, moment=moment)
        for command in sorted(commands, key=lambda each: -each.bound_seconds)
        for moment in _moments(player, command, chosen.moments)
        for region in REGIONS
        if not chosen.region or region in chosen.region
        for mode in modes
    ]


def play(players: Sequence[Player], of: Sequence[Cell]) -> list[Result]:
    """Play the cells side by side, in any order; the results in theirs.

    One that ends wrong is played once more, alone: on a machine that is busy with other cells a
    region that is well may answer too late, and a lie is told twice.
    """
    waiting: queue.SimpleQueue[tuple[int, Cell]] = queue.SimpleQueue()
    for numbered in enumerate(of):
        waiting.put(numbered)
    found: dict[int, Result] = {}

    def work(player: Player) -> None:
        while True:
            try:
                number, cell = waiting.get_nowait()
            except queue.Empty:
                return
            found[number] = player.play(cell)

    threads = [threading.Thread(target=work, args=(player,), daemon=True) for player in players]
    for thread in threads:
        thread.start()
    _tell(threads, found, len(of))
    for number, first in found.items():
        if first.wrong:
            sys.stderr.write(f"once more: {first.cell}: {first.outcome}\n")
            found[number] = replace(players[0].play(first.cell), first_outcome=first.outcome)
    return [found[number] for number in sorted(found)]


def _tell(threads: Sequence[threading.Thread], found: dict[int, Result], count: int) -> None:
    began = time.monotonic()
    while any(thread.is_alive() for thread in threads):
        for thread in threads:
            thread.join(_SAY_SECONDS / len(threads))
        wrong = sum(result.wrong for result in list(found.values()))
        seconds = time.monotonic() - began
        sys.stderr.write(f"\r{len(found)} of {count} cells, {wrong} wrong, {seconds:.0f} s ")
        sys.stderr.flush()
    sys.stderr.write("\n")


def _moments(player: Player, command: Command, which: str) -> list[str]:
    steps = player.steps(command)
    during = [f"during {step}" for step in steps]
    after = [AFTER] if steps else []
    return [BEFORE] if which == "before" else [BEFORE, *during, *after]


def _names(of: Sequence[Command] | Sequence[FailureMode]) -> list[str]:
    return [each.name for each in of]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="failures", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("config/default.yaml"))
    parser.add_argument("--out", type=Path, default=Path("build/failures.json"))
    parser.add_argument("--workers", type=int, default=4, help="cells side by side")
    parser.add_argument("--command", action="append", choices=_names(COMMANDS))
    parser.add_argument("--mode", action="append", choices=_names(MODES))
    parser.add_argument("--region", action="append", choices=REGIONS)
    parser.add_argument("--moments", choices=("all", "before"), default="all")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
