"""The measured figures in the documents that show them: tables, and figures within a sentence.

Each stands between `<!-- measured: NAME -->` and `<!-- /measured -->` and is made from
docs/measured.json alone, or by the arithmetic of `streamed_wal.py`: one that was typed by hand does
not survive a test. Behind a line break NAME is a table, else a figure that one ground alone has.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from drill.ground import GROUNDS
from drill.measured import archive, replication, streamed_wal
from drill.measured.aims import aim
from drill.measured.catalogue import KINDS
from drill.measured.document import Figure, Measured
from drill.measured.kind import Kind
from drill.measured.takeover import TAKEOVER
from topology.load import KNOWN_GOOD, load

_INSIDE_A_SITE = ("instance-deleted", "machine-lost")
_SHOWN = re.compile(r"(<!-- measured: ([a-z0-9-]+) -->)(\n?).*?(<!-- /measured -->)", re.DOTALL)
FIGURE_TABLES = (
    *(archive.STARTS, archive.WRITTEN, archive.WAL, archive.BASE),
    *replication.FIGURE_TABLES,
    TAKEOVER,
)
METHODS: Mapping[str, str] = {kind.name: kind.by for kind in KINDS} | {
    name: by for each in FIGURE_TABLES for name, by in each.methods().items()
}
"""How every figure that there is was measured."""
_UNITS: Mapping[str, str] = {kind.name: kind.unit for kind in KINDS} | {
    name: unit for each in FIGURE_TABLES for name, unit in each.units().items()
}


def with_figures(text: str, measured: Measured) -> str:
    """A document with each of its tables and figures recreated."""

    def made(shown: re.Match[str]) -> str:
        begin, name, line, end = shown.groups()
        if line:
            return f"{begin}\n{TABLES[name](measured)}{end}"
        return f"{begin}{measured.only(name).value:,g} {_UNITS[name]}{end}"

    return _SHOWN.sub(made, text)


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


def _offline(kinds: Sequence[Kind]) -> Callable[[Measured], str]:
    """What was measured without a pair of sites."""

    def render(measured: Measured) -> str:
        found = ((kind, measured.find(kind.name, "offline")) for kind in kinds)
        rows = [[kind.title, _cell(kind, each), kind.by] for kind, each in found if each]
        return _table(["what", "result", "measured by"], rows)

    return render


def _lines(lines: Callable[[Measured], Iterable[Sequence[str]]]) -> Callable[[Measured], str]:
    """A table of lines, head first."""

    def render(measured: Measured) -> str:
        head, *rows = lines(measured)
        return _table(head, rows)

    return render


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


TABLES: Mapping[str, Callable[[Measured], str]] = {
    "headline": _grounds([kind for kind in KINDS if kind.headline]),
    "grounds": _grounds(KINDS),
    "offline-headline": _offline([kind for kind in KINDS if kind.headline]),
    "offline": _offline(KINDS),
    "inside-a-site": _grounds([kind for kind in KINDS if kind.name in _INSIDE_A_SITE]),
    "occasions": _occasions,
    "archive-timeouts": _lines(lambda _: streamed_wal.archive_timeouts(load(KNOWN_GOOD))),
    "kept-wal": _lines(lambda found: streamed_wal.kept_wal(load(KNOWN_GOOD).database, found)),
    "archive-segment": _lines(archive.segment),
    **{each.name: _lines(each.lines) for each in FIGURE_TABLES},
}
