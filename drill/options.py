"""The command lines of the drills and the benchmarks: what they share, and how they refuse.

Bad input is one line, or one per mistake of a configuration, and exit code 2, before anything is
made. A folder is emptied only if an earlier run of the same command made it: `--out .` would empty
the checkout.
"""

import argparse
import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from topology.given import given
from topology.load import load
from topology.refused import Refused
from topology.topology import Topology

_CONFIG = "config/default.yaml"


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """A file, and what it said when it was judged."""

    path: Path
    topology: Topology


class _WholeWords(argparse.RawDescriptionHelpFormatter):
    """Breaks no name at its hyphen: a name is to be copied."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)


class Options(argparse.ArgumentParser):
    """A parser that refuses on one line, without the usage."""

    def __init__(self, module: str, description: str | None) -> None:
        super().__init__(
            prog=f"python -m {module}",
            description=description,
            formatter_class=_WholeWords,
        )

    def add_config(self) -> None:
        """`--config`, judged before anything else happens."""
        # The default is a text, so that argparse has it judged too.
        self.add_argument(
            "--config",
            metavar="FILE",
            type=self._judged,
            default=_CONFIG,
            help=f"default: {_CONFIG}",
        )

    def add_names(self, option: str, names: Sequence[str], what: str) -> None:
        """An option that may be repeated, for some of many names."""
        self.add_argument(
            option,
            action="append",
            choices=names,
            metavar="NAME",
            help=f"{what}, may be repeated: {', '.join(names)}",
        )

    def add_resume(self) -> None:
        """`--resume`, of runs that take hours."""
        self.add_argument(
            "--resume", action="store_true", help="keep what OUT says of the same code"
        )

    def error(self, message: str) -> NoReturn:
        """Say what is allowed, and end."""
        self.exit(2, f"{self.prog}: {message.removeprefix('argument ')}\n")

    def _judged(self, text: str) -> Configuration:
        """Each problem of the file is a line that names it."""
        path = Path(text)
        try:
            return Configuration(path=path, topology=load(path))
        except Refused as refused:
            self.exit(2, "".join(f"{path}: {problem}\n" for problem in refused.problems))


def count(text: str) -> int:
    """Of runs, rounds, workers, seconds."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number, 1 or more, not {given(text)}")
    return int(text)


def milliseconds(text: str) -> float:
    """A distance."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 <= found < math.inf:
        raise argparse.ArgumentTypeError(f"a number, 0 or more, not {given(text)}")
    return found


def folder(log: str) -> Callable[[str], Path]:
    """One that a run empties first, and keeps this log in."""

    def judged(text: str) -> Path:
        path = Path(text)
        _refuse_others(path, log)
        return path

    return judged


def document(log: str | None = None) -> Callable[[str], Path]:
    """A result; with `log`, a folder of its name stands beside it, which a run empties first."""

    def judged(text: str) -> Path:
        path = Path(text)
        if path.suffix != ".json" or path.is_dir():
            raise argparse.ArgumentTypeError(
                f"a file whose name ends with .json, not {given(text)}"
            )
        if log:
            _refuse_others(path.with_suffix(""), log)
        return path

    return judged


def _refuse_others(path: Path, log: str) -> None:
    """What is emptied is new, empty, or of an earlier run, whose log is in it."""
    if path.exists() and not (path / log).exists() and not _is_empty(path):
        raise argparse.ArgumentTypeError(
            f"would empty {path}, which is not of an earlier run; nothing was deleted"
        )


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
