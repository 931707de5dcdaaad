"""The SQL that `status`, `report` and `ready` send, on a real PostgreSQL through a real psql."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import pytest

from host.errors import Failed
from host.postgres import heartbeat
from host.postgres.amcheck import amcheck
from host.postgres.contents import contents
from host.postgres.damage import Differs, Finding
from host.postgres.postgres_state import PostgresState
from host.postgres.psql import Psql, connect, literal
from host.postgres.running import runs
from host.postgres.site_look import look
from host.postgres.unarchived import Unarchived
from tests.host.decisions.conftest import PASSWORD, PodShell, psql_of


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

    seen = look(psql, psql, own="dr", peer="primary")

    assert not seen.state.in_recovery
    assert seen.state.archive_mode == "off"
    assert 0 <= (seen.heartbeat_age_seconds or -1) < 60
    assert not seen.replay_paused
    assert seen.stream is None, "a writer streams from nobody"
    assert seen.settings["max_connections"] == "100"
    open_segment = psql.query("select to_json(pg_walfile_name(pg_current_wal_lsn()));")
    assert seen.unarchived == Unarchived(count=1, oldest=(open_segment,))


def test_a_site_whose_database_is_missing_is_asked_in_another(psql: Psql, shell: PodShell) -> None:
    psql.query("drop schema if exists pgtwin cascade;")

    seen = look(psql_of(shell, "not_yet"), psql_of(shell, "postgres"), own="dr", peer="primary")

    assert seen.heartbeat_age_seconds is None
    assert seen.state.timeline == 1


def test_whether_postgresql_runs_is_yes_no_or_unknown(
    psql: Psql, shell: PodShell, tmp_path: Path
) -> None:
    nobody = psql_of(PodShell({"PGHOST": str(tmp_path), "PGPORT": "1"}), "postgres")
    psql.query("alter database app_db connection limit 0;")
    full = psql_of(PodShell({**shell.variables, "PGUSER": "app_user"}), "app_db")

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


@pytest.mark.parametrize(
    ("ages", "newest", "peers"),
    [
        ({"primary": 50}, 50, 50),
        ({"dr": 86400, "primary": 50}, 50, 50),
        ({"dr": 50, "primary": 86400}, 50, 86400),
        ({"dr": 50}, 50, None),
        ({}, None, None),
        ({"somebody": 50}, None, None),
    ],
    ids=str,
)
def test_the_newest_row_of_either_site_bounds_what_a_promotion_of_dr_loses(
    psql: Psql, ages: dict[str, int], newest: int | None, peers: int | None
) -> None:
    psql.query("drop schema if exists pgtwin cascade;")
    heartbeat.ensure(psql, "app_user")
    for site, age in ages.items():
        values = f"({literal(site)}, now() - interval {literal(f'{age} s')})"
        psql.query(f"insert into pgtwin.heartbeat values {values};")  # noqa: S608 (quoted)

    seen = look(psql, psql, own="dr", peer="primary")

    assert _whole_minute(seen.heartbeat_age_seconds) == _whole_minute(newest)
    assert _whole_minute(seen.peers_row_age_seconds) == _whole_minute(peers)


def _whole_minute(age: float | None) -> int | None:
    """As a busy machine tells it."""
    return None if age is None else int(age / 60 + 1)


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


def _amcheck(psql: Psql, database: str = "app_db") -> Finding:
    return amcheck(psql._kubectl, namespace="postgres", pod="p-1", database=database)


@pytest.fixture
def checked(psql: Psql) -> Iterator[Psql]:
    """A database with a table, and no amcheck yet."""
    psql.query("create schema checked;")
    psql.query("create table checked.account as select n from generate_series(1, 100) n;")
    yield psql
    psql.query("drop schema checked cascade; drop extension if exists amcheck;")


@pytest.mark.parametrize(
    "extension",
    ["", "create extension amcheck schema public;", "create extension amcheck version '1.2';"],
    ids=["none", "in public", "an old one"],
)
def test_an_index_that_does_not_fit_its_table_is_found_whichever_amcheck_was_there(
    checked: Psql, extension: str
) -> None:
    checked.query(extension)
    checked.query("create function checked.of(n int) returns int immutable language sql return n;")
    checked.query("create index indexed on checked.account (checked.of(n));")
    assert "B-tree" in _amcheck(checked).result

    # An index on what a function used to return is what a collation's change leaves behind, too.
    checked.query("create or replace function checked.of(n int) returns int immutable return -n;")

    with pytest.raises(Differs, match=r"corrupt: .*indexed"):
        _amcheck(checked)


@pytest.mark.parametrize("relation", ["account", "counter"])
def test_a_table_or_sequence_whose_file_is_missing_is_damage(checked: Psql, relation: str) -> None:
    checked.query("create sequence checked.counter; checkpoint;")
    path = checked.query(
        "select to_json(current_setting('data_directory') || '/'"
        f" || pg_relation_filepath('checked.{relation}'));"
    )
    Path(path).unlink()

    with pytest.raises(Differs, match=r"(?s)corrupt: .*could not open file"):
        _amcheck(checked)


def test_a_temporary_sequence_whose_file_is_in_no_archive_is_not_damage(
    checked: Psql, shell: PodShell
) -> None:
    environment = {**os.environ, **shell.variables}
    psql = [str(shell.bin / "psql"), "--no-psqlrc", "--quiet", "--dbname=app_db"]
    made = "create temp table mine (id serial);\n\\echo made\n"
    with subprocess.Popen(psql, env=environment, text=True, stdin=PIPE, stdout=PIPE) as session:
        assert session.stdin is not None
        assert session.stdout is not None
        session.stdin.write(made)
        session.stdin.flush()
        assert session.stdout.readline() == "made\n"
        path = checked.query(
            "select to_json(current_setting('data_directory') || '/' || pg_relation_filepath(oid))"
            " from pg_class where relname = 'mine_id_seq';"
        )
        Path(path).unlink()

        assert "sequence" in _amcheck(checked).result

        session.stdin.close()


@pytest.mark.parametrize("state", ["53200", "55P03", "57014", "58030"])
def test_a_check_that_was_stopped_from_outside_could_not_look(checked: Psql, state: str) -> None:
    checked.query("create function checked.of(n int) returns int immutable language sql return n;")
    checked.query("create index indexed on checked.account (checked.of(n));")
    checked.query(
        "create or replace function checked.of(n int) returns int immutable language plpgsql"
        f" as $$ begin raise 'stopped' using errcode = '{state}'; end $$;"
    )

    with pytest.raises(Failed, match=r"could not look: checked.indexed \(stopped") as failed:
        _amcheck(checked)

    assert not isinstance(failed.value, Differs)


def test_an_index_whose_function_fails_is_not_called_corrupt(psql: Psql) -> None:
    psql.query(
        """
        create schema checked;
        set search_path = checked;
        create function checked.helper(n int) returns int immutable language sql as 'select n';
        create function checked.of(n int) returns int immutable language sql return n;
        create table checked.account as select n from generate_series(1, 100) n;
        create index indexed on checked.account (checked.of(n));
        create index sound on checked.account (n);
        create or replace function checked.of(n int) returns int immutable language plpgsql
          as 'begin return helper(n); end';
        """
    )

    found = _amcheck(psql)

    assert found.not_judged
    assert "checked.indexed (function helper(integer) does not exist)" in found.result
    psql.query("drop schema checked cascade;")


def test_a_database_that_pg_amcheck_cannot_look_at_has_not_passed(psql: Psql) -> None:
    with pytest.raises(Failed, match="could not look"):
        _amcheck(psql, "no_such_database")
