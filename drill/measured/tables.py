"""Tables of the measured figures, as blocks of the documents that show them.

A block stands between `<!-- measured: NAME -->` and `<!-- /measured -->` and is made from
docs/measured.json alone, or by the arithmetic of `streamed_wal.py`: a figure in it that was typed
by hand does not survive a test.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from drill.ground import GROUNDS
from drill.measured import replication, streamed_wal
from drill.measured.aims import aim
from drill.measured.catalogue import KINDS
from drill.measured.document import Figure, Measured
from drill.measured.kind import Kind
from topology.load import KNOWN_GOOD, load

_INSIDE_A_SITE = ("instance-deleted", "machine-lost")
_BLOCK = re.compile(r"(<!-- measured: ([a-z-]+) -->\n).*?(<!-- /measured -->)", re.DOTALL)


def with_tables(text: str, measured: Measured) -> str:
    """A document with each of its blocks recreated."""

    def made(block: re.Match[str]) -> str:
        return block[1] + BLOCKS[block[2]](measured) + block[3]

    return _BLOCK.sub(made, text)


def _grounds(kinds: Sequence[Kind]) -> Callable[[Measured], str]:
    """A column per ground."""

    def render(measured: Measured) -> str:
        present = {each.ground for each in measured.figures}
        shown = [ground for ground in GROUNDS if ground in present]
        rows = []
        for kind in kinds:
            found = [measured.find(kind.name, ground) for ground in shown]
            if any(found):
                rows.append([kind.title, *(_cell(kind, each) for each in found), kind.by])
        return _table(["what", *shown, "measured by"], rows)

    return render


def _offline(measured: Measured) -> str:
    rows = []
    for kind in KINDS:
        figure = measured.find(kind.name, "offline")
        if figure and kind.by != replication.BY:
            rows.append([kind.title, _cell(kind, figure), kind.by])
    return _table(["what", "result", "measured by"], rows)


def _replication(measured: Measured) -> str:
    """A row per way to follow, as multiples of the archive in the same run."""
    rows = []
    for way in replication.WAYS:
        names = [replication.figure_name(way, measure) for measure in replication.MEASURES]
        found = [measured.find(name, "offline") for name in names]
        if any(found):
            rows.append([way, *(f"{each.value:.2f}" if each else "-" for each in found)])
    return _table(["against the archive", *replication.MEASURES.values()], rows)


def _at_rest(measured: Measured) -> str:
    """A row per mode of replication."""
    found = [
        (mode, measured.find(replication.at_rest_name(mode), "offline"))
        for mode in replication.MODES
    ]
    rows = [[mode, f"{each.value:.3f}"] for mode, each in found if each]
    return _table(["a follower at rest", "cores"], rows)


def _archive_timeouts(_: Measured) -> str:
    return _table(*_headed(streamed_wal.archive_timeouts(load(KNOWN_GOOD))))


def _kept_wal(_: Measured) -> str:
    return _table(*_headed(streamed_wal.kept_wal(load(KNOWN_GOOD).database)))


def _headed(lines: Iterable[Sequence[str]]) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    head, *rows = lines
    return head, rows


def _occasions(measured: Measured) -> str:
    """When and on which machine."""
    found = {(each.ground, each.date, each.machine) for each in measured.figures}
    return _table(["ground", "date", "machine"], [list(each) for each in sorted(found)])


def _cell(kind: Kind, figure: Figure | None) -> str:
    if figure is None:
        return "-"
    to = "" if figure.highest is None else f" to {figure.highest:,g}"
    of = "" if figure.of is None else f" of {figure.of:,g}"
    commit = "" if figure.commit is None else f", commit {figure.commit}"
    return f"{figure.value:,g}{to}{of} {kind.unit}{_against_aim(kind, figure)}{commit}"


def _against_aim(kind: Kind, figure: Figure) -> str:
    most = aim(figure.name, figure.ground)
    if most is None:
        return ""
    worst = figure.value if figure.highest is None else figure.highest
    return f" (aim {most:,g} {kind.unit}: {'met' if worst <= most else 'missed'})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


BLOCKS: Mapping[str, Callable[[Measured], str]] = {
    "headline": _grounds([kind for kind in KINDS if kind.headline]),
    "grounds": _grounds(KINDS),
    "offline": _offline,
    "inside-a-site": _grounds([kind for kind in KINDS if kind.name in _INSIDE_A_SITE]),
    "occasions": _occasions,
    "replication": _replication,
    "at-rest": _at_rest,
    "archive-timeouts": _archive_timeouts,
    "kept-wal": _kept_wal,
}
