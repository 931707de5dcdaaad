"""`pgtwin dump restore` on the writer and on an empty server, as who may, or it says who may."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from host.postgres import heartbeat
from host.postgres.rights import keep_script
from pgtwin.commands.dump_contents import kept, refuse_extensions
from pgtwin.commands.restore_target import Server as ClaimedServer
from pgtwin.errors import SiteFailed, SiteRefused
from tests.charts.dump.conftest import SCRIPTS, Server
from tests.charts.dump.restoring import restore_dump
from tests.host.decisions.conftest import PodShell, psql_of

RICH = """
create role auditor;
create schema books;
create table books.entry (id int generated always as identity, amount numeric, own bool);
insert into books.entry (amount, own) select n, n % 2 = 0 from generate_series(1, 500) n;
alter table books.entry enable row level security;
create policy own on books.entry to auditor using (own);
grant usage on schema books to auditor;
grant select on books.entry to auditor;
alter default privileges for role app_user in schema books grant select on tables to auditor;
create publication changes for table books.entry;
create function books.heed() returns event_trigger language plpgsql as 'begin end';
create event trigger heed on ddl_command_end execute function books.heed();
create subscription orders connection 'host=nowhere' publication p with (connect = false);
"""
REMOVED = """
drop event trigger heed;
alter subscription orders set (slot_name = none);
drop subscription orders;
drop publication changes;
drop schema books cascade;
drop owned by auditor;
alter default privileges for role app_user in schema public revoke select on tables from app_user;
drop role auditor;
"""


@pytest.fixture
def dump(scripts: Any, postgres: Server) -> Iterator[Path]:
    """A dump of a database with roles, policies and what only a superuser may make."""
    with postgres.connect() as admin:
        for statement in RICH.split(";\n"):
            if statement.strip():
                admin.execute(statement.encode())
        done = scripts.dump()
        assert done.returncode == 0, done.stderr
        yield scripts.directory / done.stdout.strip()
        admin.execute("drop database if exists back with (force)")
        for statement in REMOVED.split(";\n"):
            if statement.strip():
                admin.execute(statement.encode())


def rows(server: Server, table: str) -> int:
    with server.connect("back") as connection:
        found: int = connection.execute(b"table " + table.encode()).rowcount
        return found


def test_the_owner_restores_on_the_writer_with_the_right_that_the_host_keeps(
    dump: Path, postgres: Server, as_user: Any
) -> None:
    with postgres.connect() as admin:
        admin.execute("alter role app_user password 'of-the-owner'")
        granted = keep_script(["app_user", "dump_user"], owner="app_user")
        for (statement,) in admin.execute(granted.partition("\\gexec")[0].encode()).fetchall():
            admin.execute(statement.encode())
    as_user(postgres, "app_user", "of-the-owner")

    found = restore_dump(dump, "back", 2, confirmed="app_user")

    assert rows(postgres, "account") == 20000
    assert rows(postgres, "books.entry") == 500
    assert found.roles_made == ()
    assert any(each.startswith("EVENT TRIGGER - heed") for each in found.left_out)
    assert found.not_held["subscriptions"] == ["orders"]
    with postgres.connect() as admin:
        admin.execute("alter role app_user nocreatedb")


def test_a_database_that_its_owner_restored_gets_a_heartbeat_of_ours(
    scripts: Any, postgres: Server, as_user: Any
) -> None:
    where = {"PGHOST": "127.0.0.1", "PGPORT": str(postgres.port), "PGUSER": "postgres"}
    shell = PodShell({**where, "PGPASSWORD": "of-the-superuser"})
    live, copy = psql_of(shell, "app_db"), psql_of(shell, "back")
    heartbeat.beat(live, "primary", owner="app_user", users=["app_user"])
    with postgres.connect() as admin:
        admin.execute("alter role app_user password 'of-the-owner'")
    dump = scripts.directory / scripts.dump().stdout.strip()
    as_user(postgres, "app_user", "of-the-owner")

    found = restore_dump(dump, "back", 2, confirmed="app_user")

    heartbeat.beat(copy, "primary", owner="app_user", users=["app_user"])
    assert heartbeat.age_seconds(copy, "primary") is not None
    assert "SCHEMA - pgtwin postgres" in found.left_out
    with postgres.connect() as admin:
        admin.execute("drop database back")
        admin.execute("drop schema pgtwin cascade; alter role app_user nocreatedb")


@pytest.mark.parametrize("user", ["dump_user", "app_user"])
def test_who_may_not_create_a_database_is_told_so_before_anything_is_made(
    dump: Path, postgres: Server, as_user: Any, user: str
) -> None:
    with postgres.connect() as admin:
        admin.execute("alter role app_user nocreatedb password 'of-the-dump-user'")
    as_user(postgres, user, "of-the-dump-user")

    with pytest.raises(SiteRefused, match=f"{user} may not create databases.*nothing was changed"):
        restore_dump(dump, "back", 2)


def test_an_empty_server_gets_the_roles_that_the_dump_names(
    dump: Path, bare: Server, as_user: Any
) -> None:
    as_user(bare, "postgres", "of-the-superuser")

    found = restore_dump(dump, "back", 2)

    assert {"app_user", "auditor"} <= set(found.roles_made)
    assert rows(bare, "account") == 20000
    with bare.connect("back") as admin:
        owner = "select tableowner from pg_tables where tablename = 'account'"
        assert admin.execute(owner).fetchone() == ("app_user",)
        may = "select has_table_privilege('auditor', 'books.entry', 'select')"
        assert admin.execute(may).fetchone() == (True,)
    with bare.connect("postgres") as admin:
        login = "select bool_or(rolcanlogin) from pg_roles where rolname in ('app_user', 'auditor')"
        assert admin.execute(login).fetchone() == (False,)
        admin.execute("drop database back")
        admin.execute("drop role app_user, auditor")


@pytest.mark.parametrize(
    "hostile", ["default_transaction_read_only = on", "statement_timeout = '1ms'"]
)
def test_no_setting_of_the_user_stops_a_restore(
    dump: Path, bare: Server, as_user: Any, hostile: str
) -> None:
    with bare.connect("postgres") as admin:
        admin.execute(f"alter role postgres set {hostile}".encode())
    as_user(bare, "postgres", "of-the-superuser")
    try:
        restore_dump(dump, "back", 2)
    finally:
        options = "-c default_transaction_read_only=off -c statement_timeout=0"
        as_superuser = bare.connect("postgres", options=options)
        with as_superuser as admin:
            admin.execute("alter role postgres reset all")
            admin.execute("drop database back")
            admin.execute("drop role app_user, auditor")


def test_a_database_that_exists_is_never_touched(
    dump: Path, postgres: Server, as_user: Any
) -> None:
    as_user(postgres, "postgres", "of-the-superuser")

    with pytest.raises(SiteRefused, match='"app_db" exists already'):
        restore_dump(dump, "app_db", 2)

    with postgres.connect() as admin:
        assert admin.execute("select count(*) from account").fetchone() == (20000,)


def test_a_dump_that_cannot_be_read_is_refused_before_anything_is_made(
    dump: Path, bare: Server, as_user: Any
) -> None:
    (dump / "toc.dat").write_bytes(b"PGDMP damaged")
    as_user(bare, "postgres", "of-the-superuser")

    with pytest.raises(SiteFailed, match=r"toc.dat has another version.*nothing was changed"):
        restore_dump(dump, "back", 2)

    with bare.connect("postgres") as admin:
        found = admin.execute("select from pg_database where datname = 'back'")
        assert found.rowcount == 0


def test_the_reason_of_a_failed_restore_is_told(dump: Path, bare: Server, as_user: Any) -> None:
    (biggest,) = sorted(dump.glob("*.dat.gz"), key=lambda path: path.stat().st_size)[-1:]
    biggest.write_bytes(b"damaged")
    as_user(bare, "postgres", "of-the-superuser")

    with pytest.raises(SiteFailed, match=r"pg_restore: .*dropdb --force back"):
        restore_dump(dump, "back", 2)

    with bare.connect("postgres") as admin:
        admin.execute("drop database back")
        admin.execute("drop role app_user, auditor")


@pytest.mark.parametrize(
    "text",
    ["null", "[]", '{"roles": 5}', '{"roles": {}, "not_held": []}', "[" * 5000, "\0"],
    ids=len,
)
def test_what_is_no_snapshot_costs_the_privileges_and_nothing_else(
    dump: Path, bare: Server, as_user: Any, text: str
) -> None:
    (dump / "SNAPSHOT").write_text(text)
    as_user(bare, "postgres", "of-the-superuser")

    found = restore_dump(dump, "back", 2)

    assert rows(bare, "account") == 20000
    assert found.roles_made == ()
    assert "POLICY books entry own" in "\n".join(found.left_out)
    with bare.connect("postgres") as admin:
        admin.execute("drop database back")


BACKWARDS = """
create schema backwards;
create table backwards.kept as select 1 as n;
create function backwards.below(a int, b int) returns int immutable language sql return a - b;
create operator class backwards.ints for type int using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >,
  function 1 backwards.below;
create index on backwards.kept (n backwards.ints);
create cast (text as date) with inout as assignment;
"""


@pytest.fixture
def extended(postgres: Server) -> Iterator[None]:
    """The database with a trusted extension in use, and another that is not trusted."""
    with postgres.connect() as admin:
        admin.execute("create extension citext; create extension pg_stat_statements")
        admin.execute("create table person (name citext); insert into person values ('Anna')")
        admin.execute("create publication everything for all tables")
        admin.execute("create operator family nobody using btree")
        admin.execute(BACKWARDS.encode())
        yield
        admin.execute("drop schema backwards cascade; drop cast (text as date)")
        admin.execute("drop operator family nobody using btree; drop publication everything")
        admin.execute("drop table person; drop extension citext, pg_stat_statements")


@pytest.mark.usefixtures("extended")
def test_what_only_a_superuser_may_make_is_left_out_for_the_owner_and_named(
    dump: Path, postgres: Server, as_user: Any
) -> None:
    with postgres.connect() as admin:
        admin.execute("alter role app_user createdb password 'of-the-owner'")
    as_user(postgres, "app_user", "of-the-owner")

    found = restore_dump(dump, "back", 2, confirmed="app_user")

    assert rows(postgres, "person") == 1
    left_out = "\n".join(found.left_out)
    assert "EXTENSION - pg_stat_statements" in left_out
    assert "PUBLICATION - everything" in left_out
    assert "OPERATOR FAMILY public nobody" in left_out
    assert "CAST - CAST (text AS date)" in left_out
    assert "INDEX backwards kept_n_idx" in left_out, "it needs an operator class"
    assert rows(postgres, "backwards.kept") == 1
    assert "citext" not in left_out.replace("COMMENT - EXTENSION citext", "")
    with postgres.connect() as admin:
        admin.execute("alter role app_user nocreatedb")


BARE = ClaimedServer(
    user="postgres",
    superuser=True,
    may_create_databases=True,
    may_create_roles=True,
    replica=False,
    encoding="UTF8",
    extensions={"plpgsql": True, "amcheck": False},
    databases=[],
    owned=[],
    roles=[],
)


def test_an_extension_that_the_server_lacks_is_named_before_anything_is_made() -> None:
    entries = ["; Archive created", "2; 3079 16386 EXTENSION - postgis ", "3; 1 2 TABLE public a b"]

    with pytest.raises(SiteRefused, match=r"no extension postgis, .*nothing was changed"):
        refuse_extensions(BARE, entries)

    refuse_extensions(BARE, ["2; 3079 16386 EXTENSION - plpgsql "])


def test_a_superuser_leaves_out_only_what_would_take_from_the_original() -> None:
    entries = [
        "; a comment",
        "6; 3079 16386 EXTENSION - amcheck ",
        "7; 2615 16385 SCHEMA - books app_user",
        "8; 3466 16400 EVENT TRIGGER - heed postgres",
        "9; 6100 16401 SUBSCRIPTION - orders postgres",
        "10; 826 16402 DEFAULT ACL books DEFAULT PRIVILEGES FOR TABLES app_user",
    ]

    assert kept(entries, BARE)[1] == ["SUBSCRIPTION - orders postgres"]
    _, left_out = kept(entries, replace(BARE, superuser=False, user="somebody"))
    assert [each.split(" ")[0] for each in left_out] == [
        *("EXTENSION", "EVENT", "SUBSCRIPTION", "DEFAULT")
    ]


TRAP = """
create function public.spring(n int) returns bool language plpgsql
  as 'begin alter role app_user set geqo = off; return true; end';
create table public.trap (n int check (public.spring(n)));
insert into public.trap values (1);
alter role app_user reset geqo;
"""
SPRUNG = "select rolconfig from pg_roles where rolname = 'app_user'"


@pytest.fixture
def trap(scripts: Any, postgres: Server) -> Iterator[Path]:
    """A dump whose rows change the owner's settings while they are loaded."""
    with postgres.connect() as admin:
        for statement in TRAP.split(";\n"):
            if statement.strip():
                admin.execute(statement.encode())
        done = scripts.dump()
        admin.execute("drop table public.trap; drop function public.spring")
        assert done.returncode == 0, done.stderr
        admin.execute("alter role app_user createdb password 'of-the-owner'")
        admin.execute("create role loader login createdb password 'of-the-loader'")
        yield scripts.directory / done.stdout.strip()
        admin.execute("drop database if exists back with (force)")
        admin.execute("drop role loader")
        admin.execute("alter role app_user reset geqo")
        admin.execute("alter role app_user nocreatedb")


def test_a_user_of_other_databases_runs_no_dump_that_nobody_trusts(
    trap: Path, postgres: Server, as_user: Any
) -> None:
    as_user(postgres, "app_user", "of-the-owner")

    for confirmed in (None, "postgres"):
        with pytest.raises(
            SiteRefused, match=r"app_user has what is in app_db.*nothing was changed"
        ):
            restore_dump(trap, "back", 2, confirmed=confirmed)

    with postgres.connect() as admin:
        assert admin.execute(SPRUNG).fetchone() == (None,)
        assert admin.execute("select from pg_database where datname = 'back'").rowcount == 0


def test_a_role_that_owns_nothing_runs_a_dump_that_can_do_nothing_to_the_others(
    trap: Path, postgres: Server, as_user: Any
) -> None:
    as_user(postgres, "loader", "of-the-loader")

    with pytest.raises(SiteFailed, match="permission denied to alter"):
        restore_dump(trap, "back", 2)

    with postgres.connect() as admin:
        assert admin.execute(SPRUNG).fetchone() == (None,)


def test_whoever_trusts_a_dump_lets_it_do_what_the_owner_may(
    trap: Path, postgres: Server, as_user: Any
) -> None:
    as_user(postgres, "app_user", "of-the-owner")

    restore_dump(trap, "back", 2, confirmed="app_user")

    with postgres.connect() as admin:
        assert admin.execute(SPRUNG).fetchone() == (["geqo=off"],)


def test_what_depends_on_what_is_left_out_is_left_out_too() -> None:
    entries = [
        "6; 2753 16386 OPERATOR CLASS public backwards postgres",
        "7; 1259 16385 INDEX public by_it app_user",
        ";\tdepends on: 6 9",
        "8; 0 0 COMMENT public INDEX by_it app_user",
        ";\tdepends on: 7",
        "9; 1259 16384 TABLE public kept app_user",
    ]

    lines, left_out = kept(entries, replace(BARE, superuser=False, user="app_user"))

    assert [each.split(" ")[0] for each in left_out] == ["OPERATOR", "INDEX", "COMMENT"]
    assert entries[-1] in lines
    assert kept(entries, BARE) == (entries, [])


def test_an_owner_and_a_verification_leave_the_same_kinds_to_a_superuser() -> None:
    pattern = (SCRIPTS / "contents.awk").read_text().partition("of_a_superuser = ")[2]
    kinds = re.findall(r"[A-Z]+(?: [A-Z]+)*", pattern.partition("}")[0])
    owner = replace(BARE, superuser=False, user="app_user")

    assert len(kinds) > 15
    for kind in kinds:
        assert kept([f"6; 1 2 {kind} public it app_user"], owner)[1], kind


CASTS = [
    "6; 1247 16386 TYPE own celsius app_user",
    "7; 1255 16387 FUNCTION own degrees(own.celsius) app_user",
    ";\tdepends on: 6",
    "8; 2605 16388 CAST - CAST (own.celsius AS numeric) ",
    ";\tdepends on: 6 7",
    "9; 2605 16389 CAST - CAST (own.celsius AS text) ",
    ";\tdepends on: 6",
    "10; 2605 16390 CAST - CAST (text AS date) ",
    ";\tdepends on: 7",
    "11; 1259 16391 TABLE own weather app_user",
    ";\tdepends on: 6 8",
    "12; 1259 16392 VIEW own read app_user",
    ";\tdepends on: 9 11",
]
NOT_OF_ITS_OWN = ["9", "10", "12"]
"""Without a function, of nobody's types, and what needs the one of these."""


def test_a_cast_of_own_types_by_an_own_function_is_restored_and_no_other() -> None:
    owner = replace(BARE, superuser=False, user="app_user")

    lines, _ = kept(CASTS, owner)

    assert _ids(CASTS) - _ids(lines) == set(NOT_OF_ITS_OWN)


def test_a_verification_restores_the_same_casts(tmp_path: Path) -> None:
    script, left_out = str(SCRIPTS / "contents.awk"), tmp_path / "left_out"

    chosen = subprocess.run(
        ["awk", "-v", f"left_out={left_out}", "-f", script],
        input="\n".join(CASTS),
        capture_output=True,
        text=True,
        check=True,
    )

    assert _ids(CASTS) - _ids(chosen.stdout.splitlines()) == set(NOT_OF_ITS_OWN)
    assert len(left_out.read_text().splitlines()) == len(NOT_OF_ITS_OWN)


OF_EXTENSIONS = [
    "4; 3079 21937 EXTENSION - postgis ",
    "229; 1259 16384 TABLE public kept app_user",
    "230; 1259 16387 SEQUENCE public kept_id_seq app_user",
    ";\tdepends on: 229",
    "2723; 0 22215 TABLE DATA public spatial_ref_sys postgres",
    ";\tdepends on: 228",
    "2724; 0 0 SEQUENCE SET topology topology_id_seq postgres",
    ";\tdepends on: 227",
    "2725; 0 16384 TABLE DATA public kept app_user",
    ";\tdepends on: 229",
    "2726; 0 0 SEQUENCE SET public kept_id_seq app_user",
    ";\tdepends on: 230",
]
"""An extension's own table is no entry, and a superuser's: nobody else may fill it."""


def test_rows_of_an_extension_s_own_tables_are_left_to_a_superuser_and_named() -> None:
    owner = replace(BARE, superuser=False, user="app_user", extensions={"postgis": True})

    _, left_out = kept(OF_EXTENSIONS, owner)

    assert left_out == [
        "TABLE DATA public spatial_ref_sys postgres",
        "SEQUENCE SET topology topology_id_seq postgres",
    ]
    assert kept(OF_EXTENSIONS, replace(BARE, extensions={"postgis": False}))[1] == []


def test_a_verification_leaves_the_rows_of_an_extension_s_own_tables_away(tmp_path: Path) -> None:
    chosen = subprocess.run(
        ["awk", "-v", f"left_out={tmp_path / 'left_out'}", "-f", str(SCRIPTS / "contents.awk")],
        input="\n".join(OF_EXTENSIONS),
        capture_output=True,
        text=True,
        check=True,
    )

    assert _ids(chosen.stdout.splitlines()) == {"229", "230", "2725", "2726"}


def _ids(lines: Iterable[str]) -> set[str]:
    return {line.partition(";")[0] for line in lines} - {""}
