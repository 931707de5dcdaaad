"""`python -m drill.failures`: the matrix, or the part of it that the options choose.

Exit codes: 0 every cell ended as it should, 1 one did not, 2 bad input, 75 the machine was too
busy to judge each of them, 130 interrupted. `--resume` goes on where a run of the same code
ended.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from drill.failure_modes import ALL, FailureMode
from drill.failure_modes import named as mode_named
from drill.failures import report
from drill.failures.cell import Result
from drill.failures.commands import COMMANDS, REGIONS, Command
from drill.failures.commands import named as command_named
from drill.failures.matrix import Part, cells
from drill.failures.player import PGTWIN
from drill.failures.players import players
from drill.failures.side_by_side import play
from drill.failures.source import commit, fingerprint
from drill.options import Options, count, document
from drill.report.matrix import MATRIX
from drill.terminal import end_when_terminated

STARVED, INTERRUPTED = os.EX_TEMPFAIL, 130


def main(arguments: Sequence[str]) -> int:
    """Play and report."""
    chosen = _parser().parse_args(arguments)
    try:
        results = _play(chosen)
    except KeyboardInterrupt:
        _say(f"interrupted; {chosen.out} has what was played - repeat with: --resume")
        return INTERRUPTED
    print(report.table(results))  # noqa: T201
    print(chosen.out)  # noqa: T201
    return exit_code(results)


def exit_code(results: Sequence[Result]) -> int:
    """What the results come to."""
    if any(result.wrong for result in results):
        return 1
    return STARVED if any(result.undecided for result in results) else 0


def _play(chosen: argparse.Namespace) -> list[Result]:
    source = fingerprint(chosen.config.path)
    kept = report.read(chosen.out, source) if chosen.resume else []
    settled = {result.cell: result for result in kept if result.outcome in result.expected}
    part = Part(
        commands=[command_named(name) for name in chosen.command or _names(COMMANDS)],
        modes=[mode_named(name) for name in chosen.mode or _names(ALL)],
        regions=chosen.region or REGIONS,
        only_before=chosen.moments == "before",
    )
    log = chosen.out.with_suffix(".log")
    with players(
        chosen.config.path, chosen.workers, log=log, say=_say, program=chosen.program
    ) as playing:
        asked, every = (cells(each, playing[0].steps) for each in (part, Part()))
        whole = report.Whole(source=source, cells=len(every), commit=commit())
        missing = [cell for cell in asked if cell not in settled]
        played = len(asked) - len(missing)
        _say(f"{len(asked)} of {len(every)} cells, {played} of them played before")

        def keep(found: Sequence[Result]) -> None:
            merged = settled | {result.cell: result for result in found}
            report.write(list(merged.values()), chosen.out, of=whole)

        found = play(playing, missing, keep=keep, say=_say)
    merged = settled | {result.cell: result for result in found}
    report.write(list(merged.values()), chosen.out, of=whole)
    return list(merged.values())


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _names(of: Sequence[Command] | Sequence[FailureMode]) -> list[str]:
    return [each.name for each in of]


def _parser() -> argparse.ArgumentParser:
    parser = Options("drill.failures", __doc__)
    parser.add_config()
    parser.add_argument("--out", type=document(), default=MATRIX)
    parser.add_argument("--workers", type=count, default=4, help="cells side by side")
    parser.add_names("--command", _names(COMMANDS), "only this one")
    parser.add_names("--mode", _names(ALL), "only this way to fail")
    parser.add_names("--region", REGIONS, "only this one fails")
    parser.add_argument("--moments", choices=("all", "before"), default="all")
    parser.add_resume()
    parser.add_argument("--program", type=Path, default=PGTWIN, help="what is played as `pgtwin`")
    return parser


if __name__ == "__main__":
    end_when_terminated()
    sys.exit(main(sys.argv[1:]))
