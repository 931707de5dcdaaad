"""dump.sh against a real PostgreSQL: a dump is whole and checked, or it is not there."""

import json
import resource
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.waiting import HANGS_SECONDS, eventually


def test_leaves_a_dump_that_its_checksums_confirm(scripts: Any) -> None:
    done = scripts.dump()

    name = done.stdout.strip()
    dump = scripts.directory / name
    assert done.returncode == 0, done.stderr
    assert scripts.left() == [name]
    listed = {line.split("  ")[1] for line in (dump / "SHA256SUMS").read_text().splitlines()}
    assert listed == {path.name for path in dump.iterdir()} - {"SHA256SUMS"}
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=dump, check=True)


def test_reads_rows_that_row_level_security_hides_from_others(scripts: Any, postgres: Any) -> None:
    scripts.dump()

    (dump,) = scripts.directory.iterdir()
    restored = _pg_restore(scripts, "--data-only", "--table=account", "--file=-", str(dump))
    assert restored.stdout.count("\towner ") == 20000


def test_reads_large_objects_of_the_owner(scripts: Any) -> None:
    done = scripts.dump()

    (dump,) = scripts.directory.iterdir()
    assert done.returncode == 0, done.stderr
    assert "4711" in _pg_restore(scripts, "--list", str(dump)).stdout


def test_removes_what_an_earlier_run_left(scripts: Any) -> None:
    for old in ("20200101T000000Z", "20200101T000001Z.partial"):
        (scripts.directory / old).mkdir()

    done = scripts.dump()

    assert scripts.left() == [done.stdout.strip()]


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("PGPASSWORD", "wrong", "password authentication failed"),
        ("PGHOST", "127.0.0.2", "could not connect|Connection refused"),
        ("PGDATABASE", "no_such_db", "does not exist"),
        ("DUMP_LIMIT_MIB", "0", "outgrew 0 MiB; raise backups.dump_scratch_gib"),
        ("DUMP_COMPRESSION", "nonsense", "compression"),
    ],
)
def test_gives_up_with_a_reason_and_leaves_nothing(
    scripts: Any, variable: str, value: str, reason: str
) -> None:
    scripts.environment[variable] = value

    done = scripts.dump()

    assert done.returncode == 3
    assert any(part in done.stderr for part in reason.split("|")), done.stderr
    assert "safe to run again" in done.stderr
    assert scripts.left() == []


def test_gives_up_when_the_disk_takes_no_more(scripts: Any) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024, 16 * 1024))

    done = scripts.dump(preexec_fn=little_room)

    assert done.returncode == 3
    assert "pg_dump failed" in done.stderr
    assert scripts.left() == []


def test_stops_at_once_when_interrupted_and_leaves_neither_files_nor_sessions(
    scripts: Any, postgres: Any
) -> None:
    with postgres.connect() as held:
        held.autocommit = False
        held.execute("lock table account in access exclusive mode")
        running = scripts.start_dump()
        eventually(lambda: _sessions(postgres) > 0)

        running.terminate()
        _, errors = running.communicate(timeout=HANGS_SECONDS)

    assert running.returncode == 3
    assert "interrupted" in errors
    assert scripts.left() == []
    eventually(lambda: _sessions(postgres) == 0)


def test_names_the_moment_that_it_shows(scripts: Any, postgres: Any) -> None:
    with postgres.connect() as writer:
        before = writer.execute("select pg_current_wal_insert_lsn()").fetchone()[0]
        done = scripts.dump()
        after = writer.execute("select pg_current_wal_insert_lsn()").fetchone()[0]

        shown = _snapshot(scripts, done)
        query = "select %s::pg_lsn between %s and %s"
        assert writer.execute(query, (shown["lsn"], before, after)).fetchone() == (True,)
    assert shown["still"] is True


def test_does_not_call_a_moment_still_while_somebody_writes(scripts: Any, postgres: Any) -> None:
    scripts.environment["DUMP_STILL_TRIES"] = "3"
    with postgres.connect() as writer, writer.transaction():
        writer.execute("create temp table unfinished (n int)")

        done = scripts.dump()

    assert done.returncode == 0, done.stderr
    assert _snapshot(scripts, done)["still"] is False


def test_shows_one_moment_in_all_tables_and_no_later_one(scripts: Any, postgres: Any) -> None:
    with postgres.connect() as writer:
        writer.execute("create table if not exists later (n int)")
        writer.execute("grant select on later to dump_user")
        writer.execute("truncate later")
        dump = scripts.start_dump()
        for line in dump.stderr:
            if "as of" in line:
                break
        writer.execute("insert into later select 1")
        dump.communicate(timeout=HANGS_SECONDS)

    (folder,) = scripts.directory.iterdir()
    restored = _pg_restore(scripts, "--data-only", "--table=later", "--file=-", str(folder))
    assert "\n1\n" not in restored.stdout


def test_a_prepared_transaction_does_not_make_every_moment_restless(
    scripts: Any, prepared: Any
) -> None:
    with prepared.connect() as writer:
        writer.execute("begin; create table promised (n int); prepare transaction 'promise'")
        done = scripts.dump()
        shown = _snapshot(scripts, done)
        writer.execute("rollback prepared 'promise'")

    assert shown["still"] is True
    assert shown["not_held"]["prepared transactions"] == ["promise"]


def test_beside_a_prepared_transaction_a_session_that_might_commit_it_counts(
    scripts: Any, prepared: Any
) -> None:
    scripts.environment["DUMP_STILL_TRIES"] = "3"
    with prepared.connect() as writer, prepared.connect() as other:
        writer.execute("begin; create table promised (n int); prepare transaction 'promise'")
        with other.transaction():
            other.execute("select 1")
            done = scripts.dump()
        writer.execute("rollback prepared 'promise'")

    assert _snapshot(scripts, done)["still"] is False


def test_a_prepared_transaction_of_another_database_makes_no_moment_restless(
    scripts: Any, prepared: Any
) -> None:
    scripts.environment["DUMP_STILL_TRIES"] = "3"
    with prepared.connect("postgres") as elsewhere, prepared.connect() as other:
        elsewhere.execute("begin; create table promised (n int); prepare transaction 'promise'")
        with other.transaction():
            other.execute("select 1")
            done = scripts.dump()
        elsewhere.execute("rollback prepared 'promise'")

    assert _snapshot(scripts, done)["still"] is True


BREAKING = [
    "statement_timeout = '1ms'",
    "transaction_timeout = '1ms'",
    "idle_in_transaction_session_timeout = '1ms'",
    "lock_timeout = '1ms'",
    "default_transaction_read_only = on",
    "default_transaction_deferrable = on",
    "default_transaction_isolation = 'serializable'",
    "client_encoding = 'LATIN1'",
    "client_min_messages = 'debug1'",
    "search_path = 'nowhere'",
    "role = 'app_user'",
    "row_security = on",
    "quote_all_identifiers = on",
    "datestyle = 'German'",
    "local_preload_libraries = 'nowhere'",
]


@given(chosen=st.sets(st.sampled_from(BREAKING), min_size=1))
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_setting_of_the_database_or_of_the_dump_user_stops_a_dump(
    scripts: Any, postgres: Any, chosen: set[str]
) -> None:
    with postgres.connect("postgres") as admin:
        admin.execute("grant app_user to dump_user")
        for each in sorted(chosen):
            admin.execute(f"alter database app_db set {each}")
            admin.execute(f"alter role dump_user set {each}")
        try:
            done = scripts.dump()
        finally:
            admin.execute("alter database app_db reset all")
            admin.execute("alter role dump_user reset all")
            admin.execute("revoke app_user from dump_user")

    assert done.returncode == 0, done.stderr
    dump = scripts.directory / done.stdout.strip()
    held = _pg_restore(scripts, "--data-only", "--table=account", "--file=-", str(dump))
    assert held.stdout.count("\towner ") == 20000
    assert "SET client_encoding = 'UTF8'" in held.stdout


def test_a_login_trigger_stops_no_dump_once_the_right_is_granted(
    scripts: Any, postgres: Any
) -> None:
    with postgres.connect() as admin:
        admin.execute(
            "create function never() returns event_trigger language plpgsql "
            "as $$ begin if session_user <> 'postgres' then raise 'no'; end if; end $$"
        )
        admin.execute("create event trigger no_login on login execute function never()")
        admin.execute("revoke set on parameter event_triggers from dump_user")
        try:
            refused = scripts.dump()
            admin.execute("grant set on parameter event_triggers to dump_user")
            done = scripts.dump()
        finally:
            admin.execute("drop event trigger no_login; drop function never()")
            admin.execute("revoke set on parameter event_triggers from dump_user")

    assert refused.returncode == 3
    assert "dump_user cannot begin a session in app_db" in refused.stderr
    assert done.returncode == 0, done.stderr


def test_a_right_that_the_owner_took_is_named(scripts: Any, postgres: Any) -> None:
    with postgres.connect() as admin:
        admin.execute("revoke connect on database app_db from public")
        try:
            refused = scripts.dump()
        finally:
            admin.execute("grant connect on database app_db to public")

    assert refused.returncode == 3
    assert 'permission denied for database "app_db"' in refused.stderr


OUTSIDE = {
    "roles, passwords and memberships": ("create role guest", "drop role guest", "guest"),
    "settings by ALTER DATABASE and ALTER ROLE": (
        "alter database app_db set work_mem = '5MB'",
        "alter database app_db reset all",
        "work_mem",
    ),
    "privileges of the database itself": (
        "grant create on database app_db to app_user",
        "revoke create on database app_db from app_user",
        "app_db",
    ),
    "comment on the database itself": (
        "comment on database app_db is 'of the books'",
        "comment on database app_db is null",
        "of the books",
    ),
    "subscriptions": (
        "create subscription orders connection 'host=nowhere' publication p with (connect = false)",
        "drop subscription orders",
        "orders",
    ),
    "replication slots": (
        "select pg_create_logical_replication_slot('changes', 'pgoutput')",
        "select pg_drop_replication_slot('changes')",
        "changes",
    ),
    "rows of foreign tables": (
        "create foreign data wrapper none; create server far foreign data wrapper none;"
        "create foreign table remote (n int) server far",
        "drop foreign data wrapper none cascade",
        "public.remote",
    ),
    "options of user mappings": (
        "create foreign data wrapper none; create server far foreign data wrapper none;"
        "create user mapping for app_user server far options (secret 'word')",
        "drop foreign data wrapper none cascade",
        "app_user on far",
    ),
    "rows of extensions' tables": (
        "create table folding (n int); alter extension plpgsql add table folding",
        "alter extension plpgsql drop table folding; drop table folding",
        "public.folding",
    ),
    "tablespaces": ("create tablespace slow location ''", "drop tablespace slow", "slow"),
    "attributes of the database itself": (
        "alter database app_db connection limit 20; alter database app_db is_template true",
        "alter database app_db connection limit -1; alter database app_db is_template false",
        "connection limit 20",
    ),
    "security labels of the database itself": (
        "insert into pg_shseclabel select oid, 'pg_database'::regclass, 'guard', 'secret' "
        "from pg_database where datname = 'app_db'",
        "delete from pg_shseclabel",
        "guard",
    ),
    "versions of extensions": (
        "create extension citext version '1.6'",
        "drop extension citext",
        "citext 1.6",
    ),
    "invalid indexes": (
        "create index halfway on account (owner);"
        "update pg_index set indisvalid = false where indexrelid = 'halfway'::regclass",
        "drop index halfway",
        "public.halfway",
    ),
    "objects in PostgreSQL's own schemas": (
        "create function pg_catalog.twice(int) returns int language sql return $1 * 2;"
        "create table information_schema.mine (n int)",
        "drop function pg_catalog.twice; drop table information_schema.mine",
        "function twice(integer)",
    ),
    "objects in PostgreSQL's own schemas, of search": (
        "create text search configuration pg_catalog.own (copy = simple)",
        "drop text search configuration pg_catalog.own",
        "text search configuration own",
    ),
    "objects in PostgreSQL's own schemas, changed": (
        "create text search dictionary public.plain (template = simple);"
        "alter text search configuration pg_catalog.english alter mapping for word with plain",
        "alter text search configuration pg_catalog.english alter mapping for word "
        "with english_stem; drop text search dictionary plain",
        "dictionaries of text search configuration english",
    ),
    "objects in PostgreSQL's own schemas, of locales": (
        "create collation pg_catalog.folded (provider = builtin, locale = 'C')",
        "drop collation pg_catalog.folded",
        "collation folded",
    ),
    "other databases": ("create database reports", "drop database reports", "reports"),
    "privileges on parameters": (
        "grant set on parameter log_statement to app_user",
        "revoke set on parameter log_statement from app_user",
        "log_statement",
    ),
}


@pytest.mark.parametrize("kind", OUTSIDE)
def test_what_a_dump_cannot_hold_is_named_in_it_and_in_its_log(
    scripts: Any, postgres: Any, kind: str
) -> None:
    make, remove, name = OUTSIDE[kind]
    with postgres.connect(options="-c allow_in_place_tablespaces=on") as admin:
        admin.execute(make)
        try:
            done = scripts.dump()
        finally:
            if kind == "subscriptions":
                admin.execute("alter subscription orders set (slot_name = none)")
            admin.execute(remove)

    kind = kind.partition(", of ")[0].partition(", changed")[0]
    shown = _snapshot(scripts, done)
    assert name in shown["not_held"][kind]
    assert kind in done.stderr


def test_the_tablespace_of_the_database_itself_is_named(scripts: Any, postgres: Any) -> None:
    scripts.environment["PGDATABASE"] = "elsewhere"
    with postgres.connect(options="-c allow_in_place_tablespaces=on") as admin:
        admin.execute("create tablespace slow location ''")
        admin.execute("create database elsewhere tablespace slow is_template true")
        try:
            done = scripts.dump()
        finally:
            admin.execute("alter database elsewhere is_template false")
            admin.execute("drop database elsewhere")
            admin.execute("drop tablespace slow")

    found = _snapshot(scripts, done)["not_held"]["attributes of the database itself"]
    assert found == ["tablespace slow", "template"]


def test_a_tablespace_in_a_folder_of_its_own_is_named_with_the_folder(
    scripts: Any, postgres: Any, tmp_path: Path
) -> None:
    place = tmp_path / "far"
    place.mkdir()
    with postgres.connect() as admin:
        admin.execute(f"create tablespace far location '{place}'")
        try:
            done = scripts.dump()
        finally:
            admin.execute("drop tablespace far")

    named = _snapshot(scripts, done)["not_held"]["tablespaces"]
    assert named == [f"far in {place}, which no standby has"]


def test_of_a_great_many_a_hundred_are_named_and_the_others_counted(
    scripts: Any, postgres: Any
) -> None:
    each = "do $$ begin for n in 1 .. 250 loop execute format({}, n); end loop; end $$"
    with postgres.connect() as admin:
        admin.execute(each.format("'create role many_%s'"))
        try:
            shown = _snapshot(scripts, scripts.dump())
        finally:
            admin.execute(each.format("'drop role many_%s'"))

    named = shown["not_held"]["roles, passwords and memberships"]
    assert len(named) == 101
    assert named[-1].startswith("and 15")
    assert named[:-1] == sorted(named[:-1])


def test_names_the_roles_that_a_restore_needs(scripts: Any) -> None:
    assert "app_user" in _snapshot(scripts, scripts.dump())["roles"]


@pytest.mark.parametrize("variable", ["DUMP_DIRECTORY", "DUMP_LIMIT_MIB", "PGDATABASE", "PGUSER"])
def test_says_which_variable_is_missing(scripts: Any, variable: str) -> None:
    del scripts.environment[variable]

    done = scripts.dump()

    assert done.returncode != 0
    assert variable in done.stderr


@pytest.mark.parametrize("name", ["dump.sh", "restore.sh", "session.sh"])
def test_is_clean_to_shellcheck(name: str) -> None:
    script = Path(__file__).parents[3] / "charts" / "dump" / name

    subprocess.run(
        ["shellcheck", "--external-sources", str(script)], cwd=script.parents[2], check=True
    )


def _pg_restore(scripts: Any, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["pg_restore", *arguments],
        env=scripts.environment,
        capture_output=True,
        text=True,
        check=True,
    )


def _snapshot(scripts: Any, done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    text = (scripts.directory / done.stdout.strip() / "SNAPSHOT").read_text()
    return dict(json.loads(text))


def _sessions(postgres: Any) -> int:
    query = "select count(*) from pg_stat_activity where application_name = 'pgtwin-dump'"
    with postgres.connect() as connection:
        count: int = connection.execute(query).fetchone()[0]
        return count
