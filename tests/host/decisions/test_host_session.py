"""Whatever a database, a role or a trigger sets: our sessions do what they did without it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host.postgres import heartbeat, session
from host.postgres.amcheck import amcheck
from host.postgres.contents import contents
from host.postgres.not_compared import not_compared
from host.postgres.psql import Psql, PsqlFailed, connect, literal
from host.postgres.session import not_taken, options
from host.postgres.site_look import look
from tests.host.decisions.conftest import PASSWORD, PodShell, psql_of

SETTINGS = [
    "search_path = nowhere",
    "statement_timeout = '1ms'",
    "transaction_timeout = '1ms'",
    "idle_in_transaction_session_timeout = '1ms'",
    "idle_session_timeout = '1ms'",
    "lock_timeout = '1ms'",
    "default_transaction_read_only = on",
    "default_transaction_isolation = 'serializable'",
    "default_transaction_deferrable = on",
    "client_encoding = 'LATIN1'",
    "client_min_messages = 'debug1'",
    "datestyle = 'German'",
    "intervalstyle = 'iso_8601'",
    "timezone = 'Asia/Kathmandu'",
    "extra_float_digits = -10",
    "bytea_output = 'escape'",
    "xmlbinary = 'hex'",
    "quote_all_identifiers = on",
    "role = 'app_user'",
    "row_security = on",
    "session_replication_role = 'replica'",
    "synchronous_commit = off",
    "exit_on_error = on",
    "zero_damaged_pages = on",
    "default_tablespace = 'nowhere'",
    "local_preload_libraries = 'nowhere'",
    "session_preload_libraries = 'nowhere'",
    "array_nulls = off",
    "plan_cache_mode = 'force_generic_plan'",
    "enable_seqscan = off",
    "work_mem = '64kB'",
    "jit = on",
    "plpgsql.extra_errors = 'all'",
]
AWKWARD = """
create schema kept;
create table kept.typed (id int, at timestamptz, took interval, ratio float8, raw bytea, note text);
insert into kept.typed
select n, 'epoch'::timestamptz + n * interval '1 hour', n * interval '36 hours', 1.0 / n,
  decode(md5(n::text), 'hex'), n || ' € ' || chr(233) from generate_series(1, 50) n;
create table kept.hidden (id int);
insert into kept.hidden values (1), (2);
alter table kept.hidden owner to app_user;
alter table kept.hidden enable row level security, force row level security;
"""


@pytest.fixture(scope="module")
def database(shell: PodShell) -> Iterator[Psql]:
    """The site's database with rows that a setting could change."""
    psql = psql_of(shell, "app_db")
    psql.query(AWKWARD)
    yield psql
    psql.query("drop schema kept cascade; drop schema if exists pgtwin cascade;")


@given(chosen=st.sets(st.sampled_from(SETTINGS), min_size=1, max_size=len(SETTINGS)))
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_setting_of_the_database_or_of_our_role_changes_what_we_see(
    database: Psql, shell: PodShell, chosen: set[str]
) -> None:
    maintenance = psql_of(shell, "postgres")
    before = contents(database)
    whom = ("database app_db", "role postgres in database app_db")
    wanted = [f"alter {who} set {each};" for who in whom for each in sorted(chosen)]
    maintenance.query("\n".join(wanted))
    try:
        assert contents(database) == before
        heartbeat.ensure(database, "app_user")
        heartbeat.write(database, "primary")
        assert (
            0
            <= (look(database, maintenance, own="dr", peer="primary").heartbeat_age_seconds or -1)
            < 60
        )
    finally:
        maintenance.query("".join(f"alter {who} reset all;" for who in whom))


def test_a_session_that_only_looks_cannot_write(database: Psql) -> None:
    with pytest.raises(PsqlFailed, match="read-only transaction"):
        database.query("insert into kept.hidden values (3);", read_only=True)


def test_a_trigger_that_forbids_everything_stops_nothing_of_ours(
    database: Psql, shell: PodShell
) -> None:
    before = contents(database)
    database.query(
        """
        create function kept.never() returns event_trigger language plpgsql
          as $$ begin raise 'not here'; end $$;
        create event trigger no_login on login execute function kept.never();
        create event trigger no_ddl on ddl_command_start execute function kept.never();
        alter event trigger no_login enable always;
        alter event trigger no_ddl enable always;
        drop schema if exists pgtwin cascade;
        """
    )
    try:
        heartbeat.ensure(database, "app_user", users=("app_user",))
        heartbeat.write(database, "primary")
        assert contents(database)["kept.typed"] == before["kept.typed"]
        assert not amcheck(
            database._kubectl, namespace="postgres", pod="p-1", database="app_db"
        ).not_judged
    finally:
        database.query("drop event trigger no_login; drop event trigger no_ddl;")


def test_our_users_get_back_what_the_owner_took(database: Psql, shell: PodShell) -> None:
    database.query("create role reader login; revoke all on database app_db from public;")

    heartbeat.ensure(database, "app_user", users=("app_user", "reader"))

    has = "select to_json(array[has_database_privilege('reader', 'app_db', 'connect'), "
    has += "has_parameter_privilege('reader', 'event_triggers', 'set'), "
    has += "has_parameter_privilege('reader', 'temp_file_limit', 'set')]);"
    assert database.query(has) == [True, True, True]
    written = database.query("select to_json(pg_current_wal_lsn());")
    heartbeat.ensure(database, "app_user", users=("app_user", "reader"))
    grown = f"select to_json(pg_wal_lsn_diff(pg_current_wal_lsn(), '{written}'));"
    assert database.query(grown) < 4096
    database.query(
        "grant connect, temporary on database app_db to public;"
        "revoke connect on database app_db from reader;"
        "revoke set on parameter event_triggers, temp_file_limit from reader; drop role reader;"
    )


def test_what_a_server_does_not_take_is_left_out(shell: PodShell) -> None:
    """The owner may not set what only a superuser may; the session begins all the same."""
    admin = psql_of(shell, "app_db")
    beneath = PodShell({**shell.variables, "PGHOST": "127.0.0.1"})
    owner = psql_of(
        PodShell({**beneath.variables, "PGUSER": "app_user", "PGPASSWORD": PASSWORD}), "app_db"
    )

    assert owner.query("select to_json(current_setting('search_path'));") == "pg_catalog,pg_temp"
    assert admin.query("select to_json(current_setting('event_triggers'));") == "off"


def test_only_a_refused_parameter_is_taken_for_one() -> None:
    assert not_taken('FATAL:  permission denied to set parameter "event_triggers"') == (
        "event_triggers"
    )
    assert not_taken('FATAL:  database "app_db" does not exist') is None
    assert "event_triggers" not in options(without=["event_triggers"])


ANY_BYTES = """
select format('do $f$ begin execute convert_from(%L, ''SQL_ASCII''); end $f$', sql::bytea)
from (values ('create table public."gr\\366\\337e" ("n\\344h" text)'),
  ('insert into public."gr\\366\\337e" values (''\\374'')')) as each (sql) \\gexec
"""


def test_a_database_whose_names_are_no_utf_8_is_read_and_checked(shell: PodShell) -> None:
    everywhere = psql_of(shell, "postgres")
    everywhere.query("create database raw template template0 encoding 'SQL_ASCII' locale 'C';")
    raw = psql_of(shell, "raw")
    raw.query(ANY_BYTES)

    found = contents(raw)

    assert found['public."gr\udcf6\udcdfe"'].rows == 1
    checked = amcheck(raw._kubectl, namespace="postgres", pod="p-1", database="raw")
    assert not checked.not_judged
    everywhere.query("drop database raw;")


def test_a_role_that_is_named_in_another_encoding_than_the_database_is_shown(
    shell: PodShell,
) -> None:
    everywhere = psql_of(shell, "postgres")
    everywhere.query("create database eastern template template0 encoding 'EUC_JP' locale 'C';")
    everywhere.query('create role "役";')

    named = not_compared(psql_of(shell, "eastern"))

    assert '"役"' in named["roles"]
    everywhere.query("drop database eastern;")
    everywhere.query('drop role "役";')


def test_the_owner_s_own_connection_begins_as_ours_do(database: Psql, shell: PodShell) -> None:
    psql_of(shell, "postgres").query("alter role app_user set default_transaction_read_only = on;")
    heartbeat.ensure(database, "app_user")
    script = connect(host="127.0.0.1", dbname="app_db", user="app_user", password=PASSWORD)

    age = database.query(
        script + heartbeat.write_script("primary") + heartbeat.age_script("primary")
    )

    assert 0 <= float(age) < 60
    psql_of(shell, "postgres").query("alter role app_user reset all;")


NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
).filter(lambda name: len(name.encode()) <= 63)


@given(names=st.lists(NAMES, min_size=2, max_size=6, unique=True))
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_every_column_counts_whatever_it_is_called(database: Psql, names: list[str]) -> None:
    quoted = ['"' + name.replace('"', '""') + '"' for name in [*names, "whole_row", "pgtwin_row"]]
    columns = ", ".join(f"{name} int" for name in dict.fromkeys(quoted))
    table, before = f"kept.{quoted[0]}", set(contents(database))
    database.query(f"create table {table} ({columns}); insert into {table} default values;")
    (name,) = contents(database).keys() - before
    seen = {contents(database)[name].checksum}

    for number, column in enumerate(dict.fromkeys(quoted)):
        script = "update {} set {} = {};"
        database.query(script.format(table, column, number))
        seen.add(contents(database)[name].checksum)

    assert len(seen) == len(dict.fromkeys(quoted)) + 1
    database.query(f"drop table {table};")


def test_what_ends_a_line_elsewhere_ends_no_value(database: Psql) -> None:
    text = "\u2028, \u2029, \x85, \x1c, \x1d, \x1e, \x0b, \x0c and \x7f"
    one = f"select to_json({literal(text)}::text);"

    assert database.values(f"{one}\n{one}", timeout_seconds=30) == [text, text]
    assert database.query(one) == text


def test_nothing_of_the_user_s_runs_because_we_look(database: Psql) -> None:
    database.query(
        """
        create table kept.trap (id int, whole int, broken int generated always as (id / 0) virtual);
        insert into kept.trap (id, whole) values (1, 2);
        create function kept.spring(kept.trap) returns text language plpgsql
          as $$ begin raise 'sprung'; end $$;
        create cast (kept.trap as text) with function kept.spring(kept.trap);
        create function kept.count(kept.trap) returns bigint language sql return 1 / 0;
        """
    )

    assert contents(database)["kept.trap"].rows == 1
    assert contents(database)["kept.trap"].unread is None
    assert "kept.trap.broken" in not_compared(database)["generated columns"]
    database.query("drop table kept.trap cascade;")


def test_what_two_copies_need_not_share_is_named(database: Psql) -> None:
    database.query(
        """
        create sequence kept.counter;
        create unlogged table kept.cache (n int);
        create materialized view kept.total as select count(*) from kept.typed;
        create table kept.priced (net int, gross int generated always as (net * 2) stored);
        create foreign data wrapper nowhere;
        create server far foreign data wrapper nowhere;
        create foreign table kept.remote (n int) server far;
        create extension if not exists amcheck with schema pg_catalog;
        create table kept.folding (n int);
        alter extension amcheck add table kept.folding;
        """
    )

    named = not_compared(database)

    assert named["sequences"] == ["kept.counter"]
    assert named["unlogged tables"] == ["kept.cache"]
    assert named["materialised views"] == ["kept.total"]
    assert named["generated columns"] == ["kept.priced.gross"]
    assert named["foreign tables"] == ["kept.remote"]
    assert named["relations of extensions"] == ["kept.folding"]
    assert "app_user" in named["roles"]
    found = contents(database)
    assert "kept.priced" in found
    assert not {"kept.cache", "kept.total", "kept.remote", "kept.folding"} & set(found)
    database.query(
        "alter extension amcheck drop table kept.folding; drop table kept.folding, kept.priced;"
        "drop foreign data wrapper nowhere cascade;"
    )


def test_a_partitioned_table_is_compared_as_a_whole_and_each_child_by_itself(
    database: Psql,
) -> None:
    database.query(
        """
        create table kept.event (at int, what text) partition by range (at);
        create table kept.early partition of kept.event for values from (0) to (10);
        create table kept.late (what text, gone int, at int);
        alter table kept.late drop gone;
        alter table kept.event attach partition kept.late default;
        create table kept.parent (n int);
        create table kept.child () inherits (kept.parent);
        insert into kept.event values (1), (11), (12);
        insert into kept.parent values (1);
        insert into kept.child values (2);
        """
    )
    before = contents(database)

    database.query("update kept.event set at = 13 where at = 12; delete from kept.child;")

    after = contents(database)
    assert {name for name in before if after[name] != before[name]} == {"kept.event", "kept.child"}
    assert not {"kept.early", "kept.late"} & before.keys()
    assert [before[f"kept.{name}"].rows for name in ("event", "parent", "child")] == [3, 1, 1]
    database.query("drop table kept.event, kept.parent cascade;")


def test_a_row_is_the_same_in_whichever_partition_it_lies(database: Psql) -> None:
    database.query(
        """
        create table kept.event (at int, what text) partition by range (at);
        create table kept.early partition of kept.event for values from (0) to (50);
        create table kept.late (what text, gone int, at int);
        alter table kept.late drop gone;
        alter table kept.event attach partition kept.late for values from (50) to (100);
        insert into kept.event select n, 'n' || n from generate_series(1, 49) n;
        """
    )
    before = contents(database)["kept.event"]

    database.query(
        """
        alter table kept.event detach partition kept.early;
        alter table kept.event detach partition kept.late;
        alter table kept.event attach partition kept.late for values from (0) to (50);
        insert into kept.event select * from kept.early;
        """
    )

    assert contents(database)["kept.event"] == before
    database.query("drop table kept.event, kept.early;")


def test_a_row_is_the_same_in_whichever_order_its_columns_are(database: Psql) -> None:
    """As pg_dump writes the columns of a table that was made an heir: those of its parent first."""
    database.query("create table kept.heir (harbour text, people int, name text);")
    database.query("insert into kept.heir values ('h', 3, 'c'), ('i', null, 'd');")
    before = contents(database)["kept.heir"]

    database.query("alter table kept.heir rename to as_it_was;")
    database.query("create table kept.heir as select name, people, harbour from kept.as_it_was;")

    assert contents(database)["kept.heir"] == before
    database.query("update kept.heir set name = harbour, harbour = name;")
    assert contents(database)["kept.heir"] != before
    database.query("drop table kept.heir, kept.as_it_was;")


def test_a_partition_that_was_left_half_detached_is_compared_with_its_table(
    database: Psql,
) -> None:
    """As a DETACH PARTITION ... CONCURRENTLY leaves it that was cancelled."""
    database.query(
        """
        create table kept.event (at int, what text) partition by range (at);
        create table kept.early (what text, at int);
        alter table kept.event attach partition kept.early for values from (0) to (50);
        insert into kept.event values (1, 'one');
        """
    )
    before = contents(database)

    database.query(
        "update pg_inherits set inhdetachpending = true where inhrelid = 'kept.early'::regclass;"
    )

    assert contents(database) == before
    assert before["kept.event"].rows == 1
    database.query("alter table kept.event detach partition kept.early finalize;")
    database.query("drop table kept.event, kept.early;")


def test_large_objects_are_held_against_each_other(database: Psql) -> None:
    database.query("select to_json(lo_from_bytea(4711, 'a picture'));")
    before = contents(database)["large objects"]

    database.query("select to_json(lo_put(4711, 2, 'b') is null);")

    assert contents(database)["large objects"] != before
    assert before.rows == 1
    database.query("select to_json(lo_unlink(4711));")
    assert "large objects" not in contents(database)


def test_a_table_that_is_locked_is_unread_and_the_others_are_not(
    database: Psql, shell: PodShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = session._settings(superuser=True)
    assert ours["lock_timeout"] == "20s"
    hurried = {**ours, "lock_timeout": "200ms"}
    monkeypatch.setattr(session, "_settings", lambda *, superuser: hurried)
    held = subprocess.Popen(
        [str(shell.bin / "psql"), "-XqAt", "--dbname=app_db"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=shell.variables,
    )
    assert held.stdin is not None
    assert held.stdout is not None
    held.stdin.write("begin; lock table kept.hidden; select 1;\n")
    held.stdin.flush()
    assert held.stdout.readline() == "1\n", "the lock is held"

    found = contents(database)

    held.communicate("rollback;\n")
    assert found["kept.hidden"].unread == "canceling statement due to lock timeout"
    assert not found["kept.hidden"].damaged
    assert found["kept.typed"].unread is None


WIDE_MIB, SPARE_MIB = 256, 32


def _limited(shell: PodShell, mib: int | None) -> None:
    """Let new sessions take so much more address space than the server itself; None: any."""
    pid = (Path(shell.variables["PGHOST"]) / "data" / "postmaster.pid").read_text().split()[0]
    status = Path(f"/proc/{pid}/status").read_text()
    (size,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmSize")]
    limit = "unlimited" if mib is None else str(int(size) * 1024 + mib * 1024**2)
    subprocess.run(["prlimit", "--pid", pid, f"--as={limit}:unlimited"], check=True)


def test_a_wide_row_takes_its_own_width_and_a_long_table_nothing(
    database: Psql, shell: PodShell
) -> None:
    database.query(
        """
        create table kept.wide (note text, raw bytea);
        insert into kept.wide values (repeat('x', 256 * 1024 * 1024), 'x');
        create table kept.long as select n, md5(n::text) from generate_series(1, 300000) n;
        """,
        timeout_seconds=300,
    )
    _limited(shell, SPARE_MIB)
    try:
        narrow = contents(database)
        _limited(shell, SPARE_MIB + WIDE_MIB)
        wide = contents(database)
    finally:
        _limited(shell, None)

    assert narrow["kept.long"].rows == 300000
    assert narrow["kept.wide"].unread is not None, "the limit bites"
    assert wide["kept.wide"].unread is None
    assert wide["kept.wide"].rows == 1
    database.query("drop table kept.wide, kept.long;")
