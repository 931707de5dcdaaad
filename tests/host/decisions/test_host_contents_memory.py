"""A comparison takes the memory of its widest row, however long a table is."""

from collections.abc import Sequence
from pathlib import Path

from host.machine.machine import Result
from host.postgres.contents import contents
from host.postgres.psql import Psql
from tests.host.decisions.conftest import PodShell, psql_of

KIB, GIB = 1024, 1024**3
BOUND_BYTES = 32 * 1024**2
"""What docs/restore.md states."""

_FILL = """
create table public.long as
select n, md5(n::text), n * 1.5 as number, now() as at from generate_series(1, ROWS) n;
"""


class WatchedShell(PodShell):
    """Writes down what the server's process says of itself before and after the scans."""

    def __init__(self, shell: PodShell, folder: Path) -> None:
        super().__init__(shell.variables)
        self._before, self._after = folder / "before", folder / "after"

    def run(
        self, argv: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        look = "select pg_read_file('/proc/self/status') \\g {}\n"
        if stdin and "'checksum'" in stdin:
            stdin = look.format(self._before) + stdin + look.format(self._after)
        return super().run(argv, stdin=stdin, timeout_seconds=timeout_seconds)

    @property
    def grown_bytes(self) -> int:
        """By how much the peak of its address space grew."""
        before, after = (_peak_kib(path) for path in (self._before, self._after))
        return (after - before) * KIB


def _peak_kib(status: Path) -> int:
    (line,) = [each for each in status.read_text().splitlines() if each.startswith("VmPeak")]
    return int(line.split()[1])


def test_by_the_slope_of_what_was_measured_100_gib_stay_below_the_bound(
    psql: Psql, shell: PodShell, tmp_path: Path
) -> None:
    watched = WatchedShell(shell, tmp_path)
    grown: dict[int, int] = {}
    for rows in (20_000, 100_000, 500_000):
        psql.query(_FILL.replace("ROWS", str(rows)), timeout_seconds=300)
        assert contents(psql_of(watched, "app_db"))["public.long"].rows == rows
        grown[int(psql.query("select to_json(pg_table_size('public.long'));"))] = (
            watched.grown_bytes
        )
        psql.query("drop table public.long;")

    (small, low), *_, (large, high) = sorted(grown.items())
    slope = (high - low) / (large - small)
    assert low + slope * 100 * GIB <= BOUND_BYTES, grown
