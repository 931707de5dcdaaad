"""`pgtwin dump restore` without a superuser: what cannot be granted is named, and ends nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pgtwin.commands.dump_contents import kept
from tests.charts.dump.conftest import Server
from tests.charts.dump.restoring import restore_dump
from tests.charts.dump.test_dump_into_a_server import BARE, rows

GRANTED = """
create role monitor; create role reader;
create extension pg_stat_statements; create extension citext;
grant execute on function pg_ls_dir(text) to monitor;
grant select on pg_authid to monitor; grant select (rolname) on pg_authid to reader;
grant execute on function pg_stat_statements_reset to monitor;
grant execute on function citext_ne to monitor;
grant usage on language plpgsql to monitor;
create schema shelf authorization app_user; grant usage on schema shelf to monitor;
grant create on schema public to monitor;
set role app_user;
create table shelf.book (n int); insert into shelf.book values (1);
create table shelf.lent (n int);
grant select on shelf.lent to reader;
create function shelf.passed_on() returns int language sql return 1;
create function shelf.closed() returns int language sql return 2;
revoke execute on function shelf.passed_on, shelf.closed from public;
grant execute on function shelf.passed_on to monitor with grant option;
grant execute on function shelf.closed to monitor with grant option;
grant select on shelf.book to monitor with grant option;
alter default privileges in schema shelf grant select on tables to reader;
set role monitor;
grant select on shelf.book to reader;
grant execute on function shelf.passed_on to reader;
reset role;
"""
REVOKED = """
drop database if exists back with (force);
drop schema shelf cascade; drop extension citext, pg_stat_statements;
drop owned by monitor, reader; drop role monitor, reader;
alter role app_user nocreatedb;
"""
OF_OTHERS = (
    *("ACL - LANGUAGE plpgsql", "ACL pg_catalog FUNCTION pg_ls_dir(text)"),
    *("ACL public FUNCTION citext_ne", "ACL public FUNCTION pg_stat_statements_reset"),
    *("ACL pg_catalog TABLE pg_authid", "ACL pg_catalog COLUMN pg_authid.rolname"),
)


@pytest.fixture
def granted(scripts: Any, postgres: Server) -> Iterator[Path]:
    """A dump with grants on what is PostgreSQL's or an extension's, and one that was passed on."""
    with postgres.connect() as admin:
        _each(admin, GRANTED)
        admin.execute("alter role app_user createdb password 'of-the-owner'")
        admin.execute("create role loader login createdb password 'of-the-loader'")
        done = scripts.dump()
        yield scripts.directory / done.stdout.strip()
        _each(admin, f"{REVOKED}; drop role loader")


@pytest.mark.parametrize(
    ("user", "password"), [("app_user", "of-the-owner"), ("loader", "of-the-loader")]
)
def test_what_a_user_may_not_grant_is_named_and_all_else_is_restored(
    granted: Path, postgres: Server, as_user: Any, user: str, password: str
) -> None:
    as_user(postgres, user, password)

    found = restore_dump(granted, "back", 2, confirmed=user)

    assert rows(postgres, "shelf.book") == 1
    named = "\n".join(found.left_out)
    for each in (*OF_OTHERS, "ACL shelf TABLE book"):
        assert each in named
    assert "shelf TABLE lent" not in named
    with postgres.connect("back") as admin:
        may = "select has_table_privilege('reader', 'shelf.lent', 'select')"
        assert admin.execute(may).fetchone() == (True,)
        create = "select has_schema_privilege('monitor', 'public', 'create')"
        assert admin.execute(create).fetchone() == (True,)
        default = "select count(*) from pg_default_acl where defaclobjtype = 'r'"
        assert admin.execute(default).fetchone() == (int(user == "app_user"),)


def test_an_object_whose_right_was_passed_on_has_what_a_new_one_has_and_is_named(
    granted: Path, postgres: Server, as_user: Any
) -> None:
    """So what was taken from everybody is there again, where everybody has it by default."""
    as_user(postgres, "app_user", "of-the-owner")

    found = restore_dump(granted, "back", 2, confirmed="app_user")

    named = "\n".join(found.left_out)
    assert "ACL shelf FUNCTION passed_on()" in named
    assert "FUNCTION closed" not in named
    assert may(postgres, "public", "passed_on") == (True, False)
    assert may(postgres, "public", "closed") == (False, False)
    assert may(postgres, "monitor", "closed") == (True, True)


SETTINGS = (
    *("database app_db set work_mem = '5MB'", "role app_user set work_mem = '6MB'"),
    "role app_user in database app_db set lock_timeout = '7s'",
)


def test_settings_of_the_database_and_of_roles_stay_behind_and_are_named(
    scripts: Any, postgres: Server, bare: Server, as_user: Any
) -> None:
    with postgres.connect() as admin:
        _each(admin, ";".join(f"alter {each}" for each in SETTINGS))
        done = scripts.dump()
        _each(admin, "alter database app_db reset all; alter role app_user reset all")
        _each(admin, "alter role app_user in database app_db reset all")
    as_user(bare, "postgres", "of-the-superuser")

    found = restore_dump(scripts.directory / done.stdout.strip(), "back", 2)

    named = found.not_held["settings by ALTER DATABASE and ALTER ROLE"]
    assert named == ["app_user: lock_timeout", "app_user: work_mem", "work_mem"]
    with bare.connect("postgres") as admin:
        assert admin.execute("table pg_db_role_setting").fetchall() == []
        _each(admin, "drop database back; drop role app_user")


def may(server: Server, who: str, function: str) -> tuple[bool, bool]:
    """Whether a role may run a function of the restored database, and let others."""
    rights = ("execute", "execute with grant option")
    with server.connect("back") as admin:
        asked = "select has_function_privilege(%s, format('shelf.%%s()', %s::text), %s)"
        run, pass_on = (admin.execute(asked, (who, function, each)).fetchone() for each in rights)
    return run == (True,), pass_on == (True,)


TAKEN = """
revoke usage on schema public from public;
create schema shut authorization app_user;
set role app_user;
create table shut.book (n int); revoke insert, truncate on shut.book from app_user;
create sequence shut.counter; revoke all on sequence shut.counter from app_user;
create function shut.closed() returns int language sql return 1;
revoke execute on function shut.closed from public;
create type shut.mood as enum ('sad'); revoke usage on type shut.mood from public;
reset role;
"""
GIVEN_BACK = """
drop database if exists back with (force); drop schema shut cascade;
grant usage on schema public to public; alter role app_user nocreatedb;
"""
LISTS = """
select relname, relacl::text from pg_class where relnamespace = 'shut'::regnamespace
union select proname, proacl::text from pg_proc where pronamespace = 'shut'::regnamespace
union select typname, typacl::text from pg_type where typnamespace = 'shut'::regnamespace
union select nspname, nspacl::text from pg_namespace where nspname in ('public', 'shut')
order by 1, 2
"""


@pytest.mark.parametrize(
    ("user", "password"), [("app_user", "of-the-owner"), ("postgres", "of-the-superuser")]
)
def test_what_was_taken_from_an_owner_or_from_everybody_stays_taken(
    scripts: Any, postgres: Server, as_user: Any, user: str, password: str
) -> None:
    with postgres.connect() as admin:
        _each(admin, TAKEN)
        try:
            admin.execute("alter role app_user createdb password 'of-the-owner'")
            lists = admin.execute(LISTS).fetchall()
            dump = scripts.directory / scripts.dump().stdout.strip()
            as_user(postgres, user, password)

            found = restore_dump(dump, "back", 2, confirmed=user)

            assert not [each for each in found.left_out if "ACL" in each]
            with postgres.connect("back") as back:
                assert back.execute(LISTS).fetchall() == lists
        finally:
            _each(admin, GIVEN_BACK)
    assert {"book", "closed", "counter", "mood", "public"} <= {name for name, acl in lists if acl}


def test_a_superuser_gets_every_privilege_back(
    granted: Path, postgres: Server, as_user: Any
) -> None:
    as_user(postgres, "postgres", "of-the-superuser")

    found = restore_dump(granted, "back", 2, confirmed="postgres")

    assert not [each for each in found.left_out if "ACL" in each]
    with postgres.connect("back") as admin:
        may = "select has_table_privilege('reader', 'shelf.book', 'select')"
        assert admin.execute(may).fetchone() == (True,)
        of = "select has_function_privilege('monitor', 'pg_ls_dir(text)', 'execute')"
        assert admin.execute(of).fetchone() == (True,)


def test_a_dump_comes_back_on_a_server_without_its_tablespaces(
    scripts: Any, postgres: Server, bare: Server, as_user: Any
) -> None:
    with postgres.connect(options="-c allow_in_place_tablespaces=on") as admin:
        admin.execute("create tablespace far location ''")
        admin.execute("create table afar (n int) tablespace far; insert into afar values (1)")
        done = scripts.dump()
        admin.execute("drop table afar")
        admin.execute("drop tablespace far")
    as_user(bare, "postgres", "of-the-superuser")

    found = restore_dump(scripts.directory / done.stdout.strip(), "back", 2)

    assert rows(bare, "afar") == 1
    assert found.not_held["tablespaces"] == ["far"]
    with bare.connect("postgres") as admin:
        _each(admin, "drop database back; drop role app_user")


def test_a_privilege_on_what_the_dump_does_not_make_is_left_to_a_superuser() -> None:
    entries = [
        "6; 2615 16385 SCHEMA - books app_user",
        "7; 0 0 ACL - SCHEMA books app_user",
        ";\tdepends on: 6",
        "8; 0 0 ACL - SCHEMA public pg_database_owner",
        ";\tdepends on: 99",
        "9; 0 0 ACL pg_catalog TABLE pg_authid postgres",
        ";\tdepends on: 16",
        "10; 0 0 ACL pg_catalog COLUMN pg_authid.rolname postgres",
        ";\tdepends on: 16 9",
    ]
    owner = replace(BARE, superuser=False, user="app_user")

    assert kept(entries, owner)[1] == [
        "ACL pg_catalog TABLE pg_authid postgres",
        "ACL pg_catalog COLUMN pg_authid.rolname postgres",
    ]
    assert kept(entries, BARE)[1] == []


def _each(admin: Any, script: str) -> None:
    for statement in script.split(";"):
        if statement.strip():
            admin.execute(statement.encode())
