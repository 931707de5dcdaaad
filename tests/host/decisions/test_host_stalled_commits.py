"""Commits that hang are told from what is only slow, on a real PostgreSQL."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from host.postgres.psql import Psql
from host.postgres.site_look import look
from tests.host.decisions.conftest import BIN, PodShell, psql_of, started
from tests.waiting import HANGS_SECONDS, eventually

pytestmark = pytest.mark.slow
_SHIM = r"""
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void stall(void) {
  const char *file = getenv("STALLED_WHILE");
  while (file && access(file, F_OK) == 0) usleep(20000);
}
int fsync(int fd) { stall(); return syscall(SYS_fsync, fd); }
int fdatasync(int fd) { stall(); return syscall(SYS_fdatasync, fd); }
"""
_WRITE = """
create table if not exists public.written (at timestamptz);
insert into public.written values (now());
"""


@contextmanager
def session(shell: PodShell, script: str) -> Iterator[subprocess.Popen[bytes]]:
    """A client in the middle of a script; it ends by itself, or with the test."""
    argv = [str(BIN / "psql"), "--quiet", "--dbname=postgres", "--command", script]
    with subprocess.Popen(argv, env=shell.variables) as process:
        try:
            yield process
        finally:
            process.kill()


def why(psql: Psql) -> str:
    return look(psql, psql, own="dr", peer="primary").commits_stalled or ""


def test_a_volume_whose_fsync_stalls_is_named_until_it_works_again(tmp_path: Path) -> None:
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler, for an fsync that stalls")
    source, shim, stalled = tmp_path / "stall.c", tmp_path / "stall.so", tmp_path / "stalled"
    source.write_text(_SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(shim), str(source)], check=True)
    folder = tmp_path / "server"
    folder.mkdir()
    environment = {"LD_PRELOAD": str(shim), "STALLED_WHILE": str(stalled)}

    with started(folder, "fsync=on", **environment) as shell:
        psql = psql_of(shell, "postgres")
        psql.query(_WRITE)
        assert why(psql) == ""
        stalled.touch()
        with session(shell, _WRITE) as client:
            eventually(lambda: why(psql))
            assert "waiting for the disk" in why(psql)
            stalled.unlink()
            client.wait(HANGS_SECONDS)
        assert why(psql) == ""


def test_a_commit_that_waits_for_a_standby_that_is_not_there_is_named(shell: PodShell) -> None:
    psql = psql_of(shell, "postgres")
    psql.query("alter system set synchronous_standby_names = 'nobody';")
    psql.query("select to_json(pg_reload_conf());")
    try:
        with session(shell, _WRITE) as client:
            eventually(lambda: why(psql))
            assert "1 session waiting for a standby (SyncRep)" in why(psql)
            psql.query("alter system reset synchronous_standby_names;")
            psql.query("select to_json(pg_reload_conf());")
            client.wait(HANGS_SECONDS)
    finally:
        psql.query("alter system reset synchronous_standby_names;")
        psql.query("select to_json(pg_reload_conf());")

    assert why(psql) == ""


def test_a_statement_that_takes_long_for_another_reason_is_no_commit_that_hangs(
    shell: PodShell,
) -> None:
    psql = psql_of(shell, "postgres")
    old = "select to_json(coalesce(max(now() - query_start) > interval '6 s', false))"
    sleeps = f"{old} from pg_stat_activity where wait_event = 'PgSleep';"
    with session(shell, "select pg_sleep(300)"):
        eventually(lambda: psql.query(sleeps))

        assert why(psql) == ""
