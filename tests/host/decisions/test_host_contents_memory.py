"""A comparison takes the memory of its widest row, however long a table is."""

from collections.abc import Sequence
from pathlib import Path

import pytest

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
    """Writes down what the server's process says of itself before and after the tables' scans."""

    def __init__(self, shell: PodShell, folder: Path) -> None:
        super().__init__(shell.variables)
        self._before, self._after = folder / "before", folder / "after"

    def run(
        self, argv: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        look = "select pg_read_file('/proc/self/status') \\g {}\n"
        if stdin and "as pgtwin_row" in stdin:
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
    # Both tables are larger than a quarter of the shared buffers, and so read through a ring.
    grown: dict[int, int] = {}
    for rows in (500_000, 1_500_000):
        psql.query(_FILL.replace("ROWS", str(rows)), timeout_seconds=300)
        assert contents(psql_of(watched, "app_db"))["public.long"].rows == rows
        grown[int(psql.query("select to_json(pg_table_size('public.long'));"))] = (
            watched.grown_bytes
        )
        psql.query("drop table public.long;")

    (small, low), (large, high) = sorted(grown.items())
    slope = (high - low) / (large - small)
    assert low + slope * 100 * GIB <= BOUND_BYTES, grown


MIB = 1024**2
WIDE = {
    "text": ("repeat('x', BYTES)", 1, 256),
    "bytea": ("decode(repeat('ab', BYTES), 'hex')", 1, 32),
    "varchar": ("repeat('x', BYTES)", 1, 32),
    "jsonb": ("to_jsonb(repeat('x', BYTES))", 6, 32),
    "text[]": ("array[repeat('x', BYTES)]", 6, 32),
}
"""A value per type, how many times its size a comparison may take, and that size in MiB."""


@pytest.mark.parametrize("kind", WIDE)
def test_a_wide_value_takes_its_own_width_or_six_times_that(
    psql: Psql, shell: PodShell, tmp_path: Path, kind: str
) -> None:
    value, times, mib = WIDE[kind]
    made = value.replace("BYTES", str(mib * MIB))
    psql.query(f"create table public.wide (value {kind});", timeout_seconds=300)
    psql.query("insert into public.wide values (VALUE);".replace("VALUE", made))
    watched = WatchedShell(shell, tmp_path)

    found = contents(psql_of(watched, "app_db"))["public.wide"]

    assert found.rows == 1
    assert watched.grown_bytes >= mib * MIB, "the width is seen"
    assert watched.grown_bytes <= BOUND_BYTES + times * mib * MIB
    psql.query("drop table public.wide;")
