"""restore.sh runs nothing of a dump as a superuser, whoever wrote the dump."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.charts.dump.conftest import Server
from tests.charts.dump.test_dump_restore import SUPERUSER, run

TRAP = """
create schema trap authorization app_user;
create function trap.act(n int) returns int language plpgsql as $$ begin
  if current_database() = 'verified_dump'
    and (select rolsuper from pg_roles where rolname = current_user) then
    execute format('copy (select 1) to program %L', 'touch FILE');
  end if;
  return n;
end $$;
create function trap.springs(n int) returns int immutable language plpgsql as
  'begin return trap.act(n); end';
alter function trap.act owner to app_user;
alter function trap.springs owner to app_user;
"""
WAYS = {
    "a check": "create table trap.t (n int check (trap.springs(n) > 0))",
    "a domain": "create domain trap.d as int check (trap.springs(value) > 0);"
    "create table trap.t (n trap.d)",
    "a generated column": "create table trap.t (n int, m int"
    " generated always as (trap.springs(n)) stored)",
    "an index": "create table trap.t (n int); create index on trap.t (trap.springs(n))",
    "a materialised view": "create table trap.t (n int);"
    "create materialized view trap.m as select trap.springs(n) from trap.t",
    "a trigger on the rows of a foreign key": "create table trap.t (n int check (n > 0));"
    "create table trap.p (n int primary key check (trap.springs(n) > 0));"
    "insert into trap.p values (1); alter table trap.t add foreign key (n) references trap.p",
}


@pytest.fixture(params=["app_user", "postgres"])
def owner(request: pytest.FixtureRequest) -> str:
    """Whose the tables are; a dump may say anything of that."""
    return str(request.param)


@pytest.fixture
def touched(postgres: Server, tmp_path: Path) -> Iterator[Path]:
    """What the trap's function makes where a superuser runs it."""
    made = tmp_path / "made-by-a-superuser"
    with postgres.connect() as admin:
        admin.execute(TRAP.replace("FILE", str(made)).encode())
        yield made
        admin.execute("drop schema trap cascade")


@pytest.mark.parametrize("way", WAYS)
def test_a_function_of_the_dump_is_never_run_as_a_superuser(
    scripts: Any, postgres: Server, touched: Path, owner: str, way: str
) -> None:
    with postgres.connect() as admin:
        admin.execute(f"set role {owner}".encode())
        admin.execute(WAYS[way].encode())
        admin.execute("insert into trap.t values (1)")
    name = scripts.dump().stdout.strip()

    restored = run(scripts, "restore.sh", name, **SUPERUSER)

    assert restored.returncode == 0, restored.stderr
    assert not touched.exists()
    with postgres.connect("verified_dump") as back:
        assert back.execute("select n from trap.t").fetchall() == [(1,)]
        of = "select relowner::regrole::text from pg_class where oid = 'trap.t'::regclass"
        assert back.execute(of).fetchone() == ("loader_of_verified_dump",)
        of = "select rolsuper from pg_roles where rolname = 'loader_of_verified_dump'"
        assert back.execute(of).fetchone() == (False,)
        of = "select from pg_auth_members where member = 'loader_of_verified_dump'::regrole"
        assert back.execute(of).rowcount == 0
