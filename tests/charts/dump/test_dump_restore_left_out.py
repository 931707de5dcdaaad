"""restore.sh without a superuser: it names what is left out, and makes extensions by name alone."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host.postgres.not_compared import not_restored
from tests.charts.dump.conftest import Server
from tests.charts.dump.test_dump_restore import SCRIPTS, SUPERUSER, run
from tests.host.decisions.conftest import PodShell, psql_of

RICH = """
create schema rich;
create schema "odd "" größe";
create extension citext schema "odd "" größe";
create table rich.kept (name "odd "" größe".citext, n int) ;
insert into rich.kept values ('Anna', 1);
alter table rich.kept enable row level security, force row level security;
create policy own on rich.kept to app_user using (n > 0);
create function rich.below(a int, b int) returns int immutable language sql return a - b;
create operator class rich.backwards for type int using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 rich.below;
create index on rich.kept (n rich.backwards);
create foreign data wrapper rich;
create server rich foreign data wrapper rich;
create foreign table rich.far (n int) server rich;
create view rich.over as select n from rich.far;
create cast (text as date) with inout as assignment;
create publication rich for all tables;
create function rich.heed() returns event_trigger language plpgsql as 'begin end';
create event trigger rich on ddl_command_end execute function rich.heed();
"""
POOR = """
drop event trigger if exists rich;
drop publication if exists rich;
drop cast if exists (text as date);
drop schema if exists rich cascade;
drop foreign data wrapper if exists rich cascade;
drop schema if exists "odd "" größe", rich_of_trees cascade;
"""
LEFT_OUT = (
    *("EVENT TRIGGER - rich", "PUBLICATION - rich", "CAST - ", "FOREIGN DATA WRAPPER - rich"),
    *("SERVER - rich", "FOREIGN TABLE rich far", "VIEW rich over", "OPERATOR CLASS rich backwards"),
    "INDEX rich kept_n_idx",
)


@pytest.fixture
def rich(postgres: Server) -> Iterator[Any]:
    """The database, which holds nothing more at the end."""
    with postgres.connect() as admin:
        yield admin
        admin.execute(POOR.encode())


def test_what_only_a_superuser_makes_is_left_out_and_named_and_every_row_is_there(
    scripts: Any, postgres: Server, rich: Any
) -> None:
    rich.execute(RICH.encode())
    name = scripts.dump().stdout.strip()

    restored = run(scripts, "restore.sh", name, **SUPERUSER)

    assert restored.returncode == 0, restored.stderr
    assert all(each in restored.stderr for each in LEFT_OUT), restored.stderr
    with postgres.connect("verified_dump") as back:
        assert back.execute("select name::text, n from rich.kept").fetchall() == [("Anna", 1)]
        of = "select extowner::regrole::text from pg_extension where extname = 'citext'"
        assert back.execute(of).fetchone() == ("postgres",)
    noted = not_restored(psql_of(PodShell(_pod(postgres)), "verified_dump"))
    assert all(any(entry.startswith(each) for entry in noted) for each in LEFT_OUT), noted
    assert not any("rich kept app_user" in entry for entry in noted)


def test_a_dump_of_which_nothing_is_left_out_has_nothing_noted(
    scripts: Any, postgres: Server, rich: Any
) -> None:
    rich.execute("create schema rich; comment on database app_db is 'of the books'")
    name = scripts.dump().stdout.strip()
    rich.execute("comment on database app_db is null")

    assert run(scripts, "restore.sh", name, **SUPERUSER).returncode == 0

    assert not_restored(psql_of(PodShell(_pod(postgres)), "verified_dump")) == []


def test_names_that_are_not_ascii_are_noted_too(scripts: Any, postgres: Server, rich: Any) -> None:
    odd = r'''publication "größe's \ :x"'''
    rich.execute(f"create schema rich; create {odd} for all tables".encode())
    name = scripts.dump().stdout.strip()
    rich.execute(f"drop {odd}".encode())

    restored = run(scripts, "restore.sh", name, **SUPERUSER)

    assert restored.returncode == 0, restored.stderr
    (noted,) = not_restored(psql_of(PodShell(_pod(postgres)), "verified_dump"))
    assert noted.startswith("PUBLICATION - gr??")
    assert "e's" in noted


def test_rows_of_a_type_that_only_a_superuser_makes_are_refused_by_name(
    scripts: Any, rich: Any
) -> None:
    rich.execute(
        """
        create schema rich;
        create type rich.own;
        create function rich.i(cstring) returns rich.own immutable strict language internal
          as 'int4in';
        create function rich.o(rich.own) returns cstring immutable strict language internal
          as 'int4out';
        create type rich.own (input = rich.i, output = rich.o, like = int);
        create table rich.t (n rich.own); insert into rich.t values ('1');
        """
    )
    name = scripts.dump().stdout.strip()

    refused = run(scripts, "restore.sh", name, **SUPERUSER)

    assert refused.returncode == 3
    last = refused.stderr.strip().splitlines()[-1]
    assert "rows depend on what only a superuser may make" in last
    assert "TABLE DATA rich t" in last


FUNCTIONS = """
create schema rich; create schema rich_of_trees; create extension ltree schema rich_of_trees;
create function rich.absolute(int) returns int immutable strict language internal as 'int4abs';
create function rich.quiet(int) returns bool immutable leakproof language sql return true;
create function rich.logged() returns int set log_min_duration_statement = 0
  language sql as 'select 1';
create aggregate rich.collect(anynonarray) (
  sfunc = array_agg_transfn, stype = internal, finalfunc = array_agg_finalfn, finalfunc_extra);
create operator rich.@@> (leftarg = rich_of_trees.ltree, rightarg = rich_of_trees.ltree,
  function = rich_of_trees.ltree_isparent, restrict = rich_of_trees.ltreeparentsel);
create operator rich.<@@ (leftarg = rich_of_trees.ltree, rightarg = rich_of_trees.ltree,
  function = rich_of_trees.ltree_risparent, restrict = contsel);
create table rich.kept as select generate_series(1, 5) as n;
create view rich.above as select from rich.kept where 'a'::rich_of_trees.ltree
  operator(rich.@@>) 'a.b';
create index by_it on rich.kept (rich.absolute(n));
create view rich.barrier with (security_barrier) as select * from rich.kept where rich.quiet(n);
"""
OF_FUNCTIONS = (
    *("FUNCTION rich absolute(integer)", "FUNCTION rich quiet(integer)", "FUNCTION rich logged()"),
    *("AGGREGATE rich collect(anynonarray)", "VIEW rich barrier", "INDEX rich by_it"),
    *("OPERATOR rich @@>", "VIEW rich above"),
)


def test_functions_that_only_a_superuser_makes_are_left_out_and_named_and_every_row_is_there(
    scripts: Any, postgres: Server, rich: Any
) -> None:
    rich.execute(FUNCTIONS.encode())
    name = scripts.dump().stdout.strip()

    restored = run(scripts, "restore.sh", name, **SUPERUSER)

    assert restored.returncode == 0, restored.stderr
    (said,) = (line for line in restored.stderr.splitlines() if "left out: " in line)
    left_out = said.partition("left out: ")[2].split(";")[:-1]
    assert sorted(left_out) == sorted(f"{each} postgres" for each in OF_FUNCTIONS)
    with postgres.connect("verified_dump") as back:
        assert back.execute("select sum(n) from rich.kept").fetchone() == (15,)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("create table rich.t (n int check (rich.absolute(n) > 0))", "TABLE DATA rich t"),
        (
            "create function rich.gone() returns int immutable language sql return 1;"
            "create function rich.calls() returns int immutable language plpgsql "
            "as 'begin return gone(); end';"
            "create table rich.t (n int, m int generated always as (rich.calls()) stored)",
            "ERROR:  function gone() does not exist",
        ),
    ],
    ids=["its check", "its generated column"],
)
def test_rows_that_a_missing_function_keeps_out_are_told_beside_functions_of_a_superuser(
    scripts: Any, rich: Any, table: str, why: str
) -> None:
    rich.execute(FUNCTIONS.encode())
    rich.execute("set search_path = rich")
    rich.execute(table.encode())
    rich.execute("insert into rich.t values (1)")
    name = scripts.dump().stdout.strip()

    refused = run(scripts, "restore.sh", name, **SUPERUSER)

    assert refused.returncode == 3
    assert why in refused.stderr.strip().splitlines()[-1]


HOSTILE = (
    "CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public; ALTER ROLE app_user SUPERUSER;",
    'CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA "a"; ALTER ROLE app_user SUPERUSER; --";',
    'CREATE EXTENSION IF NOT EXISTS "x WITH SCHEMA a; ALTER ROLE app_user SUPERUSER; --";',
    "CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;\\nALTER ROLE app_user SUPERUSER;",
    "\\\\! touch FILE",
)


@pytest.fixture
def restored_with(scripts: Any, rich: Any, tmp_path: Path) -> Any:
    """Restores a dump whose extension is defined so.

    pg_dump writes no such dump, so pg_restore is led to say it.
    """

    def restore(definition: str) -> Any:
        rich.execute(b"create schema rich")
        name = scripts.dump().stdout.strip()
        real = Path(_which("pg_restore", scripts.environment["PATH"]))
        forged = tmp_path / "pg_restore"
        listed = "2; 3079 16386 EXTENSION - citext "
        forged.write_text(
            f"""#!/usr/bin/env bash
            case "$*" in
              *--file=-*) printf '%b\\n' '{definition}' ;;
              *--list*) {real} "$@" && echo '{listed}' ;;
              *) {real} "$@" ;;
            esac
            """
        )
        forged.chmod(0o755)
        path = f"{tmp_path}:{scripts.environment['PATH']}"

        return run(scripts, "restore.sh", name, **SUPERUSER, PATH=path)

    return restore


def test_an_extension_is_made_by_its_two_names(restored_with: Any, postgres: Server) -> None:
    restored_with('CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA "odd "" größe";')

    with postgres.connect("verified_dump") as back:
        of = "select extnamespace::regnamespace::text from pg_extension where extname = 'citext'"
        assert back.execute(of).fetchone() == ('"odd "" größe"',)


def test_an_extension_without_such_a_statement_is_named(restored_with: Any, tmp_path: Path) -> None:
    refused = restored_with("CREATE EXTENSION IF NOT EXISTS citext;")

    assert refused.returncode == 3
    last = refused.stderr.strip().splitlines()[-1]
    assert last.endswith("no statement that only makes an extension for: error: citext")


@pytest.mark.parametrize("definition", HOSTILE)
def test_sql_in_the_place_of_an_extension_is_not_run(
    restored_with: Any, rich: Any, tmp_path: Path, definition: str
) -> None:
    made = tmp_path / "made"

    restored_with(definition.replace("FILE", str(made)))

    assert not made.exists()
    of = "select rolsuper from pg_roles where rolname = 'app_user'"
    assert rich.execute(of).fetchone() == (False,)


OF_ODD_SCHEMAS = """
5; 2615 16385 SCHEMA - DATA app_user
6; 3079 16386 EXTENSION - citext
7; 1259 16387 MATERIALIZED VIEW DATA summed app_user
;\tdepends on: 5
8; 0 16387 MATERIALIZED VIEW DATA DATA summed app_user
;\tdepends on: 7
9; 1259 16388 SEQUENCE SET counter app_user
;\tdepends on: 6
10; 2617 16389 OPERATOR CLASS === app_user
11; 1259 16390 TABLE DATA remembered app_user
;\tdepends on: 12
12; 2616 16391 OPERATOR CLASS public backwards postgres
"""


def test_what_is_in_a_schema_called_data_set_or_class_is_no_rows_value_or_class_of_another(
    tmp_path: Path,
) -> None:
    left_out = tmp_path / "left_out"

    chosen = subprocess.run(
        ["awk", "-v", f"left_out={left_out}", "-f", str(SCRIPTS / "contents.awk")],
        input=OF_ODD_SCHEMAS,
        capture_output=True,
        text=True,
        check=True,
    )

    assert [line.partition(";")[0] for line in chosen.stdout.splitlines()] == ["5", "7", "9", "10"]
    assert left_out.read_text().splitlines() == [
        "TABLE DATA remembered app_user",
        "OPERATOR CLASS public backwards postgres",
    ]


def _which(program: str, path: str) -> str:
    found = shutil.which(program, path=path)
    assert found
    return found


def _pod(server: Server) -> dict[str, str]:
    """libpq's variables in the pod of the throw-away cluster."""
    where = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "postgres"}
    return {**where, "PGPASSWORD": "of-the-superuser"}
