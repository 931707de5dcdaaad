"""`python -m drill.measured --from REPORT...`: take a report's figures into docs/measured.json.

What README.md and docs/ show of it is recreated. Without `--from` only that is done.
"""

import argparse
import sys
from pathlib import Path

from pydantic import BaseModel, ValidationError

from drill.measured.catalogue import KINDS
from drill.measured.document import HOME, Figure, Measured
from drill.measured.tables import with_figures
from drill.report.document import Report


def main(arguments: list[str]) -> int:
    """Merge, write, print what was taken; the exit code."""
    parser = argparse.ArgumentParser(prog="drill.measured", description=__doc__)
    parser.add_argument("--from", dest="reports", nargs="*", type=Path, default=[])
    measured = Measured.read()
    for path in parser.parse_args(arguments).reports:
        try:
            figures = _read(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValidationError) as error:
            print(f"{path}: no report of a drill: {str(error).splitlines()[0]}", file=sys.stderr)  # noqa: T201
            return 2
        except OtherMode as error:
            print(f"{path}: {error}; nothing of it was taken", file=sys.stderr)  # noqa: T201
            return 2
        measured = measured.merged(figures)
        for figure in figures:
            print(f"{figure.ground} {figure.name}: {figure.value:g}", file=sys.stderr)  # noqa: T201
    measured.write(HOME)
    for document in documents(Path()):
        text = document.read_text(encoding="utf-8")
        document.write_text(with_figures(text, measured), encoding="utf-8")
    return 0


class OtherMode(Exception):  # noqa: N818 (what happened)
    """A report of another mode than those figures are of that have its names."""


def documents(root: Path) -> list[Path]:
    """Those that may show figures."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def _read(text: str) -> list[Figure]:
    """Of a drill's report, or of a benchmark that names its figures itself."""
    try:
        return list(_Figures.model_validate_json(text).figures)
    except ValidationError:
        return figures_of(Report.model_validate_json(text))


class _Figures(BaseModel):
    figures: tuple[Figure, ...]


def figures_of(report: Report) -> list[Figure]:
    """The figures that a report shows; those of a drill are all of `replication: archive`."""
    if report.replication != "archive":
        raise OtherMode(f"it was played with `replication: {report.replication}`")
    found = []
    for kind in KINDS:
        value = kind.read(report) if kind.read else None
        if value is not None:
            found.append(
                Figure(
                    name=kind.name,
                    ground=report.ground,
                    value=round(value, kind.digits),
                    date=report.started_at[:10],
                    machine=report.machine,
                    by=kind.by,
                )
            )
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
