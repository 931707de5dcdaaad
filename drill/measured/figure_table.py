"""Figures that are read side by side, as one table: a row per case, a column per measure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from drill.measured.document import Figure, Measured, Where


@dataclass(frozen=True, kw_only=True)
class Column:
    """One measure."""

    name: str
    title: str
    unit: str
    digits: int = 2
    """How many after the point are shown."""
    before: str = ""
    """What stands before the figure, such as the `1/` of a fraction."""

    def cell(self, figure: Figure | None) -> str:
        """Without the unit, which the title has."""
        if figure is None:
            return "-"
        of = "" if figure.of is None else f" of {figure.of:,g}"
        return f"{self.before}{figure.value:,.{self.digits}f}{of}"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case: its part of a figure's name, and what stands before the figures and behind them."""

    name: str
    cells: tuple[str, ...]
    behind: tuple[str, ...] = ()
    ground: Where = "offline"
    by: str = ""
    """Where not all of the table was measured by one command."""
    figure: str = ""
    """Where the row shows a figure that has its own home, its name."""
    chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class FigureTable:
    """One table; its figures are named after it, the row and the column."""

    name: str
    head: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Case, ...]
    behind: tuple[str, ...] = ()
    by: str = ""
    summed: bool = False

    def methods(self) -> Mapping[str, str]:
        """How each of its figures is measured again."""
        return {
            self._figure(row, column): row.by or self.by
            for row in self.rows
            for column in self.columns
            if not row.figure
        }

    def units(self) -> Mapping[str, str]:
        """The unit of each of its figures."""
        return {
            self._figure(row, column): column.unit for row in self.rows for column in self.columns
        }

    def figures(self, found: Mapping[str, Mapping[str, float]]) -> tuple[Figure, ...]:
        """What a benchmark found, by the names of rows and columns."""
        methods = self.methods()
        names = {
            f"{self.name}-{row}-{column}": value
            for row, values in found.items()
            for column, value in values.items()
        }
        return tuple(
            Figure.of_today(name, value, by=methods[name]) for name, value in names.items()
        )

    def lines(self, measured: Measured) -> Iterator[Sequence[str]]:
        """The head, and a row per case of which anything was measured."""
        yield [*self.head, *(column.title for column in self.columns), *self.behind]
        for row in self.rows:
            found = self._found(row, measured)
            if any(found):
                mark = "**" if row.chosen else ""
                yield [
                    *(f"{mark}{cell}{mark}" for cell in row.cells),
                    *(col.cell(each) for col, each in zip(self.columns, found, strict=True)),
                    *row.behind,
                ]
        if self.summed:
            yield self._sums(measured)

    def _sums(self, measured: Measured) -> Sequence[str]:
        every = zip(*(self._found(row, measured) for row in self.rows), strict=True)
        sums = [
            f"{sum(each.value for each in found if each):,.{column.digits}f}"
            for column, found in zip(self.columns, every, strict=True)
        ]
        return ["sum", *sums, *("" for _ in self.behind)]

    def _found(self, row: Case, measured: Measured) -> list[Figure | None]:
        return [measured.find(self._figure(row, column), row.ground) for column in self.columns]

    def _figure(self, row: Case, column: Column) -> str:
        return row.figure or f"{self.name}-{row.name}-{column.name}"
