"""A dump comes back with what its superusers own, whatever they are called on either server."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.charts.dump.conftest import SCHEMA, Server, running
from tests.charts.dump.restoring import restore_dump
from tests.charts.dump.test_dump_into_a_server import rows

OWNED = """
create role dba superuser;
create schema kept;
create materialized view kept.every as select * from account;
create table kept.lent (account int references account);
insert into kept.lent values (1);
create foreign data wrapper far;
create publication everything for all tables;
create function kept.heed() returns event_trigger language plpgsql as 'begin end';
create event trigger heed on ddl_command_end execute function kept.heed();
create event trigger dbas on ddl_command_end execute function kept.heed();
alter event trigger dbas owner to dba;
"""
DROPPED = """
drop event trigger heed; drop event trigger dbas; drop publication everything;
drop foreign data wrapper far; drop schema kept cascade; drop role dba;
"""
OWNERS = """
select distinct evtowner::regrole::text from pg_event_trigger
union select fdwowner::regrole::text from pg_foreign_data_wrapper
union select relowner::regrole::text from pg_class where relnamespace = 'kept'::regnamespace
"""


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL whose first superuser has another name than CloudNativePG gives."""
    with running(tmp_path_factory.mktemp("renamed"), superuser="admin") as server:
        yield server


def dumped(scripts: Any, server: Server) -> Path:
    with server.connect() as admin:
        _each(admin, OWNED)
        try:
            done = scripts.dump()
        finally:
            _each(admin, DROPPED)
    assert done.returncode == 0, done.stderr
    found: Path = scripts.directory / done.stdout.strip()
    return found


def expect_back(server: Server, *, superuser: str, superusers: set[str], others: set[str]) -> None:
    """The rows, the owners, and roles that nobody logs in as."""
    assert rows(server, "kept.every") == 20000
    assert rows(server, "kept.lent") == 1
    with server.connect("back") as admin:
        assert {each for (each,) in admin.execute(OWNERS).fetchall()} == {superuser, "dba"}
        rights = "select rolsuper, rolcanlogin from pg_roles where rolname = any (%s)"
        assert set(admin.execute(rights, (list(superusers),)).fetchall()) == {(True, False)}
        assert set(admin.execute(rights, (list(others),)).fetchall()) == {(False, False)}
    with server.connect("postgres") as admin:
        admin.execute("drop database back")
        for role in superusers | others:
            admin.execute(f"drop role {role}".encode())


@pytest.mark.parametrize("older", [False, True])
def test_a_server_whose_superuser_has_another_name_takes_a_dump(
    scripts: Any, postgres: Server, renamed: Server, as_user: Any, older: bool
) -> None:
    dump = dumped(scripts, postgres)
    if older:
        _without_superusers(dump)
        with renamed.connect("postgres") as admin:
            admin.execute("create role dba superuser")
    as_user(renamed, "admin", "of-the-superuser")

    found = restore_dump(dump, "back", 2)

    others = set(found.roles_made) - set(found.superusers_made)
    assert found.superusers_made == (("postgres",) if older else ("dba", "postgres"))
    assert "app_user" in others
    assert found.left_out == ()
    expect_back(renamed, superuser="postgres", superusers={"dba", "postgres"}, others=others)


def test_a_dump_of_a_server_whose_superuser_has_another_name_comes_back(
    scripts: Any, renamed: Server, bare: Server, as_user: Any
) -> None:
    with renamed.connect("postgres") as admin:
        admin.execute("create database app_db")
    with renamed.connect() as admin:
        admin.execute(SCHEMA)
    there = {**scripts.environment, "PGPORT": str(renamed.port)}
    dump = dumped(replace(scripts, environment=there), renamed)
    as_user(bare, "postgres", "of-the-superuser")

    found = restore_dump(dump, "back", 2)

    others = set(found.roles_made) - {"admin", "dba"}
    assert found.superusers_made == ("admin", "dba")
    expect_back(bare, superuser="admin", superusers={"admin", "dba"}, others=others)


def _without_superusers(dump: Path) -> None:
    """As dump.sh wrote it before it named them."""
    snapshot = json.loads((dump / "SNAPSHOT").read_text(encoding="utf-8"))
    del snapshot["superusers"]
    (dump / "SNAPSHOT").write_text(json.dumps(snapshot), encoding="utf-8")


def _each(admin: Any, script: str) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            admin.execute(statement.encode())
