"""A database comes back with its encoding, its locale and its names, wherever it is restored."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pgtwin.commands.harmless import harmless
from pgtwin.errors import SiteFailed
from tests.charts.dump.conftest import Server
from tests.charts.dump.restoring import restore_dump
from tests.charts.dump.test_dump_restore import SUPERUSER, run

LETTERS = "create table letter (name text check (name ~ '^[[:alpha:]]+$')); "
LETTERS += "insert into letter values ('Ä')"
KINDS = {
    "builtin": ("encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8'", LETTERS),
    "libc": ("encoding 'UTF8' locale 'C.UTF-8'", LETTERS),
    "LATIN1": ("encoding 'LATIN1' locale 'C'", "create table price (n text)"),
}
UTF8 = "-c client_encoding=UTF8"
LOCALE = """
select pg_encoding_to_char(encoding), datlocprovider, datcollate, datctype, datlocale, daticurules
from pg_database where datname = %s
"""


def locale_of(server: Server, database: str) -> Any:
    with server.connect("postgres") as admin:
        return admin.execute(LOCALE, (database,)).fetchone()


@pytest.fixture
def dump_of(scripts: Any, postgres: Server) -> Iterator[Callable[[str, str], Path]]:
    """Makes the database `old` so, with this in it, and dumps it."""

    def make(options: str, sql: str) -> Path:
        with postgres.connect("postgres") as admin:
            admin.execute(f"create database old template template0 {options}".encode())
        with postgres.connect("old", options=UTF8) as admin:
            admin.execute(sql.encode())
        scripts.environment["PGDATABASE"] = "old"
        done = scripts.dump()
        assert done.returncode == 0, done.stderr
        return Path(scripts.directory / done.stdout.strip())

    yield make
    with postgres.connect("postgres") as admin:
        admin.execute("drop database if exists old")


@pytest.fixture
def empty(bare: Server, as_user: Any) -> Iterator[Server]:
    """A server without anything, and us as its superuser."""
    as_user(bare, "postgres", "of-the-superuser")
    yield bare
    with bare.connect("postgres") as admin:
        admin.execute("drop database if exists back with (force)")


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_comes_back_with_its_own_locale(
    dump_of: Any, postgres: Server, empty: Server, kind: str
) -> None:
    dump = dump_of(*KINDS[kind])

    found = restore_dump(dump, "back", 2)

    assert locale_of(empty, "back") == locale_of(postgres, "old")
    assert found.left_out == ()


@pytest.mark.parametrize("kind", KINDS)
def test_a_verification_restores_it_with_its_own_locale(
    scripts: Any, dump_of: Any, postgres: Server, kind: str
) -> None:
    name = dump_of(*KINDS[kind]).name

    restored = run(scripts, "restore.sh", name, **SUPERUSER)

    assert restored.returncode == 0, restored.stderr
    assert locale_of(postgres, "verified_dump") == locale_of(postgres, "old")


def test_a_locale_that_the_server_lacks_is_named(dump_of: Any, empty: Server) -> None:
    dump = dump_of("encoding 'UTF8' locale 'C'", "create table kept (n int)")
    _rewrite(dump, locale={"provider": "libc", "collate": "tlh_XX.UTF-8", "ctype": "C"})

    found = restore_dump(dump, "back", 2)

    (named,) = found.left_out
    assert named.startswith("locale tlh_XX.UTF-8 of libc, the database has the server's own: ")
    with empty.connect("back") as admin:
        assert admin.execute("table kept").rowcount == 0


ICU = {"provider": "icu", "collate": "C", "ctype": "C", "locale": "en", "rules": "&V << w"}
"""The tests' build of PostgreSQL has none: it is asked for one, and says so."""


def test_a_locale_of_icu_is_asked_for_with_its_rules(
    scripts: Any, dump_of: Any, empty: Server
) -> None:
    dump = dump_of("encoding 'UTF8' locale 'C'", "create table kept (n int)")
    _rewrite(dump, locale=ICU)

    found = restore_dump(dump, "back", 2)
    verified = run(scripts, "restore.sh", dump.name, **SUPERUSER)

    assert "ICU is not supported in this build" in found.left_out[0]
    assert verified.returncode == 3
    assert "verified_dump cannot be made: ERROR:  ICU is not supported" in verified.stderr


@pytest.mark.parametrize("locale", [None, 5, {}, {"provider": "x"}, {"provider": "icu"}], ids=str)
def test_a_dump_that_names_no_locale_is_restored_in_its_encoding(
    scripts: Any, dump_of: Any, postgres: Server, empty: Server, locale: Any
) -> None:
    dump = dump_of("encoding 'LATIN1' locale 'C'", "create table price (n text)")
    _rewrite(dump, locale=locale)

    restore_dump(dump, "back", 2)

    assert locale_of(empty, "back") == locale_of(postgres, "old")
    if locale is None:
        assert run(scripts, "restore.sh", dump.name, **SUPERUSER).returncode == 0
        assert locale_of(postgres, "verified_dump") == locale_of(postgres, "old")


OF_LATIN1 = """
create table "größe" (amount text);
insert into "größe" values ('10 £'); create publication "für alle" for all tables
"""


def test_names_of_another_encoding_come_back_and_are_shown(
    dump_of: Any, postgres: Server, empty: Server, as_user: Any
) -> None:
    dump = dump_of("encoding 'LATIN1' locale 'C'", OF_LATIN1)

    restore_dump(dump, "back", 2)

    with empty.connect("back", options=UTF8) as admin:
        query = "select current_setting('server_encoding'), octet_length(amount) from \"größe\""
        assert admin.execute(query.encode()).fetchone() == ("LATIN1", 4)
    with postgres.connect("postgres") as admin:
        admin.execute("create role loader login createdb password 'of-the-loader'")
        as_user(postgres, "loader", "of-the-loader")
        found = restore_dump(dump, "back", 2)
        admin.execute("drop database back")
        admin.execute("drop role loader")
    shown = harmless("\n".join(found.left_out))
    assert "PUBLICATION - f\\udcfcr alle" in shown
    assert shown.encode()


def test_what_a_failed_restore_says_in_another_encoding_is_told(
    dump_of: Any, empty: Server
) -> None:
    dump = dump_of("encoding 'LATIN1' locale 'C'", OF_LATIN1)
    (rows,) = dump.glob("*.dat.gz")
    rows.write_bytes(b"a column\tand one too many\n")

    with pytest.raises(SiteFailed, match="dropdb --force back") as failed:
        restore_dump(dump, "back", 2)

    assert "COPY gr\\udcf6\\udcdfe, line 1" in harmless(str(failed.value))


RAW = "do $$ begin execute convert_from('\\x{}', 'SQL_ASCII'); end $$"


def of_bytes(server: Server, statement: bytes) -> None:
    """Run what is in no encoding, from a database that takes any bytes."""
    with server.connect("raw") as admin:
        admin.execute(RAW.format(statement.hex()).encode())


@pytest.fixture
def raw_role(postgres: Server) -> Iterator[None]:
    """A role that was made in a database of LATIN1."""
    with postgres.connect("postgres") as admin:
        admin.execute("create database raw template template0 encoding 'SQL_ASCII' locale 'C'")
    of_bytes(postgres, 'create role "größe"'.encode("latin-1"))
    yield
    of_bytes(postgres, 'drop role "größe"'.encode("latin-1"))
    with postgres.connect("postgres") as admin:
        admin.execute("drop database raw")


@pytest.mark.parametrize("encoding", ["UTF8", "EUC_JP", "SQL_ASCII"])
@pytest.mark.usefixtures("raw_role")
def test_a_name_that_is_in_another_encoding_is_shown_by_its_bytes_and_stops_no_dump(
    dump_of: Any, encoding: str
) -> None:
    dump = dump_of(f"encoding '{encoding}' locale 'C'", "create table kept (n int)")

    shown = json.loads((dump / "SNAPSHOT").read_text())["not_held"]

    named = shown["roles, passwords and memberships"]
    assert "app_user" in named
    assert """'"gr\\366\\337e"'""" in named


def _rewrite(dump: Path, **fields: Any) -> None:
    snapshot = json.loads((dump / "SNAPSHOT").read_text())
    given = {name: value for name, value in fields.items() if value is not None}
    kept = {name: value for name, value in snapshot.items() if name not in fields}
    (dump / "SNAPSHOT").write_text(json.dumps({**kept, **given}))
