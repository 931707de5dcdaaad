"""What is called pgtwin.heartbeat and is not ours: nothing of it runs as our superuser."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from host.postgres import heartbeat
from host.postgres.psql import Psql, PsqlFailed
from host.postgres.site_look import look
from tests.waiting import HANGS_SECONDS, eventually

SPRING = """
create table if not exists public.sprung (as_whom text);
grant all on public.sprung to public;
create or replace function public.spring() returns text language plpgsql as $$ begin
  insert into public.sprung values (current_user); return 'sprung'; end $$;
create or replace function public.on_write() returns trigger language plpgsql as $$ begin
  insert into public.sprung values (current_user); return new; end $$;
"""
TABLE = "create table pgtwin.heartbeat (site text primary key, at timestamptz not null);"
ON_WRITE = """
create trigger trap before insert on pgtwin.heartbeat for each row
execute function public.on_write();
"""


@dataclass(frozen=True, kw_only=True)
class Trap:
    """What somebody put there, and what has to be said of it."""

    sql: str
    said: str


NOBODY = "alter system set synchronous_standby_names = 'nobody'; select pg_reload_conf() \\gset\n"
ANYBODY = "alter system reset synchronous_standby_names; select pg_reload_conf() \\gset\n"
COMMITS_WAITING = "select to_json(count(*)) from pg_stat_activity where wait_event = 'SyncRep';"
AS_OWNER = "set role app_user; create schema pgtwin;"
TRAPS = {
    "a table with a trigger": Trap(
        sql=AS_OWNER + TABLE + ON_WRITE, said="the schema pgtwin belongs to app_user, it belongs"
    ),
    "a view": Trap(
        sql=AS_OWNER
        + "create view pgtwin.heartbeat as select public.spring() as site, now() as at;",
        said="it is no table",
    ),
    "a schema that waits for our table": Trap(sql=AS_OWNER, said="belongs to app_user"),
    "a table in our schema": Trap(
        sql="create schema pgtwin; grant all on schema pgtwin to app_user; set role app_user;"
        + TABLE,
        said="not used: it belongs to app_user",
    ),
    "our table in another's schema": Trap(
        sql=f"create schema pgtwin authorization app_user; {TABLE}",
        said="not used: the schema pgtwin belongs to app_user",
    ),
    "our table with a trigger": Trap(
        sql=f"create schema pgtwin; {TABLE}{ON_WRITE}", said="it has the trigger trap"
    ),
    "our table with a rule": Trap(
        sql=f"create schema pgtwin; {TABLE}"
        "create rule trap as on insert to pgtwin.heartbeat do also select public.spring();",
        said="it has a rule",
    ),
    "our table with row security": Trap(
        sql=f"create schema pgtwin; {TABLE}alter table pgtwin.heartbeat enable row level security;",
        said="it has row security",
    ),
}


@pytest.fixture(params=TRAPS)
def trap(request: pytest.FixtureRequest, psql: Psql) -> Iterator[Trap]:
    """One of them, in the site's database."""
    found = TRAPS[request.param]
    psql.query("drop schema if exists pgtwin cascade; grant create on schema public to app_user;")
    psql.query("set role app_user;" + SPRING)
    psql.query(found.sql)
    yield found
    psql.query("drop schema pgtwin cascade; drop table public.sprung;")
    psql.query("drop function public.spring, public.on_write;")


def sprung(psql: Psql) -> object:
    return psql.query("select to_json(count(*)) from public.sprung;")


def test_nothing_is_written_and_the_refusal_says_what_is_there(psql: Psql, trap: Trap) -> None:
    with pytest.raises(PsqlFailed, match=trap.said):
        heartbeat.beat(psql, "primary", owner="app_user")
    with pytest.raises(PsqlFailed, match=trap.said):
        heartbeat.write(psql, "primary")
    with pytest.raises(PsqlFailed, match=trap.said):
        heartbeat.ensure(psql, "app_user")

    assert sprung(psql) == 0


def test_nothing_is_read_and_the_refusal_says_what_is_there(psql: Psql, trap: Trap) -> None:
    with pytest.raises(PsqlFailed, match=trap.said):
        heartbeat.age_seconds(psql, "primary")

    assert sprung(psql) == 0


def test_a_look_goes_on_without_an_age_and_says_why(psql: Psql, trap: Trap) -> None:
    seen = look(psql, psql, own="dr", peer="sprung")

    assert seen.heartbeat_age_seconds is None
    assert not seen.state.in_recovery
    assert trap.said in (seen.heartbeat_refused or "")
    assert sprung(psql) == 0


def test_where_the_table_is_not_ours_a_commit_is_awaited_without_it(psql: Psql, trap: Trap) -> None:
    with ThreadPoolExecutor() as pool:
        try:
            psql.query(NOBODY)
            committed = pool.submit(heartbeat.commit, psql, "primary", owner="app_user")
            eventually(lambda: psql.query(COMMITS_WAITING) == 1)
            assert not committed.done()
        finally:
            psql.query(ANYBODY)
        committed.result(HANGS_SECONDS)

    assert sprung(psql) == 0


def test_the_rights_of_our_users_are_kept_where_the_table_is_not_ours(
    psql: Psql, trap: Trap
) -> None:
    psql.query("alter role app_user nocreatedb;")

    with pytest.raises(PsqlFailed, match=trap.said):
        heartbeat.beat(psql, "primary", owner="app_user", users=["app_user"])

    assert psql.query("select to_json(rolcreatedb) from pg_roles where rolname = 'app_user';")


def test_the_traps_are_real(psql: Psql) -> None:
    """Without the guard each of these functions would run as the superuser."""
    psql.query("drop schema if exists pgtwin cascade; grant create on schema public to app_user;")
    psql.query("set role app_user;" + SPRING + TRAPS["a table with a trigger"].sql)

    psql.query("insert into pgtwin.heartbeat values ('primary', now());")

    assert psql.query("select to_json(as_whom) from public.sprung;") == "postgres"
    psql.query("drop schema pgtwin cascade; drop table public.sprung;")
    psql.query("drop function public.spring, public.on_write;")


def test_a_moment_that_no_clock_shows_counts_as_no_heartbeat(psql: Psql) -> None:
    """The database's owner may write the row."""
    psql.query("drop schema if exists pgtwin cascade;")
    heartbeat.beat(psql, "primary", owner="app_user")
    psql.query("set role app_user; update pgtwin.heartbeat set at = 'infinity';")

    assert look(psql, psql, own="dr", peer="primary").heartbeat_age_seconds is None
    assert heartbeat.age_seconds(psql, "primary") is None
