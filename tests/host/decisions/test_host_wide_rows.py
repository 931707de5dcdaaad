"""A dump and its verification have memory for the widest row that is promised."""

import re
import subprocess
import sys
from pathlib import Path

from host.archive import share_beside
from host.postgres.psql import Psql
from tests.host.decisions.conftest import PodShell
from topology.machine_share import DUMP_LIMIT_MIB, WIDEST_ROW_MIB

KIB, MIB = 1024, 1024**2
SMALL, LARGE = 32, 64
_RESTORE = """
create table public.wide (value text);
copy public.wide from program 'head -c {bytes} /dev/zero | tr "\\000" x';
select to_json(pg_read_file('/proc/self/status'));
"""

_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Started in a small process: before it becomes another program a child counts as large as what it
was forked from."""


def test_both_programs_promise_the_same_row() -> None:
    assert share_beside._WIDEST_ROW_MIB == WIDEST_ROW_MIB


def test_a_restore_has_memory_for_the_widest_row(psql: Psql) -> None:
    peaks = {mib: _restored(psql, mib) for mib in (SMALL, LARGE)}

    assert _of_the_widest(peaks) <= share_beside._LIMIT_MIB, peaks


def test_a_dump_has_memory_for_the_widest_row(psql: Psql, shell: PodShell, tmp_path: Path) -> None:
    peaks = {mib: _dumped(psql, shell, tmp_path / str(mib), mib) for mib in (SMALL, LARGE)}

    assert _of_the_widest(peaks) <= DUMP_LIMIT_MIB, peaks


def _of_the_widest(peaks: dict[int, float]) -> float:
    """In MiB, by the slope of what was measured."""
    slope = (peaks[LARGE] - peaks[SMALL]) / (LARGE - SMALL)
    assert slope >= 1, "the width is seen"
    return peaks[LARGE] + slope * (WIDEST_ROW_MIB - LARGE)


def _restored(psql: Psql, mib: int) -> float:
    """The peak of the server's process, in MiB."""
    psql.query("drop table if exists public.wide;")
    status = psql.query(_RESTORE.format(bytes=mib * MIB), timeout_seconds=300)
    found = re.search(r"VmHWM:\s+(\d+) kB", str(status))
    assert found
    return int(found[1]) / KIB


def _dumped(psql: Psql, shell: PodShell, folder: Path, mib: int) -> float:
    """The peak of pg_dump, in MiB."""
    _restored(psql, mib)
    argv = [str(shell.bin / "pg_dump"), "-Fd", "-j1", "-f", str(folder), "app_db"]
    starts = [sys.executable, "-I", "-S", "-c", _PEAK, *argv, "--table=public.wide"]
    used = subprocess.run(starts, env=shell.variables, stdout=subprocess.PIPE, check=True)
    return int(used.stdout) / KIB
