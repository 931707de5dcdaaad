"""What every session begins with may not keep CloudNativePG from its work: asked of real servers.

Its sessions set none of these themselves (cloudnative-pg v1.30.0 pkg/management/postgres/pool), and
barman's do not (barman 3.19.1 postgres.py), whose statements are these.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drill.operator.processes import POSTGRES_BIN, unprivileged
from drill.postgres_settings import Oracle
from tests.loader import loads
from topology.load import KNOWN_GOOD, load, parse
from topology.rules.time_outs import time_outs_of_backups

MAKES_A_ROLE = "create role made_by_the_operator login"
LOOKS = "select pg_is_in_recovery()"
MAKES_THE_DATABASE = "create database app owner postgres"
BACKS_UP = ("select pg_backup_start('daily', true)", "select lsn from pg_backup_stop()")
CALLS_A_FUNCTION = "do 'begin end'"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    Oracle(POSTGRES_BIN, tmp_path)
    return tmp_path / "data"


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    program, *arguments = command
    return subprocess.run(
        unprivileged([str(POSTGRES_BIN / program), *arguments]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@contextmanager
def running(data: Path, *, standby: bool, **settings: str) -> Iterator[Path]:
    """The folder of its socket; it listens to no network."""
    if standby:
        (data / "standby.signal").touch()
    lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
    (data / "postgresql.auto.conf").write_text("".join(lines), encoding="utf-8")
    options = f"-c listen_addresses='' -c unix_socket_directories={data.parent} -c fsync=off"
    started = run("pg_ctl", "-D", str(data), "-w", "-l", f"{data}.log", "-o", options, "start")
    try:
        assert started.returncode == 0, Path(f"{data}.log").read_text(encoding="utf-8")
        yield data.parent
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")


def answered(socket: Path, *statements: str) -> str:
    each = [flag for sql in statements for flag in ("-c", sql)]
    return run("psql", "-h", str(socket), "-U", "postgres", "-XAt", *each, "postgres").stdout


def test_no_role_is_made_where_transactions_are_read_only_and_the_loader_refuses_it(
    data: Path,
) -> None:
    with running(data, standby=False, default_transaction_read_only="on") as socket:
        assert "cannot execute CREATE ROLE" in answered(socket, MAKES_A_ROLE)

    assert not loads(parameters={"default_transaction_read_only": "yes"})
    assert loads(parameters={"default_transaction_read_only": "off"})


def test_a_standby_answers_nobody_in_serializable_and_the_loader_refuses_it(data: Path) -> None:
    with running(data, standby=True, default_transaction_isolation="serializable") as socket:
        assert "cannot use serializable mode" in answered(socket, LOOKS)

    assert not loads(parameters={"default_transaction_isolation": "Serializable"})


def test_a_standby_answers_in_the_next_lower_level_and_the_loader_takes_it(data: Path) -> None:
    level = "repeatable read"

    with running(data, standby=True, default_transaction_isolation=level) as socket:
        assert answered(socket, LOOKS) == "t\n"

    assert loads(parameters={"default_transaction_isolation": level})


@pytest.mark.parametrize("setting", ["statement_timeout", "transaction_timeout"])
def test_no_database_is_made_in_milliseconds_and_the_loader_refuses_it(
    data: Path, setting: str
) -> None:
    with running(data, standby=False, **{setting: "2"}) as socket:
        assert f"due to {setting.replace('_', ' ')}" in answered(socket, MAKES_THE_DATABASE)

    assert not loads(parameters={setting: "2"})
    assert loads(parameters={setting: "10s"})


def test_no_base_backup_ends_before_its_wal_is_archived_and_only_what_is_built_is_refused(
    data: Path,
) -> None:
    archives = {"archive_mode": "on", "archive_command": "false"}

    with running(data, standby=False, statement_timeout="1s", **archives) as socket:
        assert "due to statement timeout" in answered(socket, *BACKS_UP)

    document = load(KNOWN_GOOD).model_dump(mode="python")
    for long, built in (("599s", False), ("10min", True)):
        document["database"]["parameters"] = {"statement_timeout": long}
        assert (not list(time_outs_of_backups(parse(document)))) == built


def test_no_language_is_found_beside_the_folder_of_libraries_and_the_loader_refuses_it(
    data: Path,
) -> None:
    with running(data, standby=False, dynamic_library_path="/nowhere") as socket:
        assert "could not access file" in answered(socket, CALLS_A_FUNCTION)
    with running(data, standby=False, dynamic_library_path="/nowhere:$libdir") as socket:
        assert answered(socket, CALLS_A_FUNCTION) == "DO\n"

    assert not loads(parameters={"dynamic_library_path": "/nowhere"})
    assert loads(parameters={"dynamic_library_path": "/nowhere:$libdir"})
