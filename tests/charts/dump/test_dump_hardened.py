"""However the owner hardens the database: it is dumped, or what is missing is named."""

import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host.postgres.rights import keep_script
from tests.charts.dump.conftest import BIN, Server
from tests.golden import ROOT

HARDENED = [
    "revoke all on database app_db from public",
    "revoke connect on database app_db from dump_user, pg_read_all_data",
    "revoke temporary on database app_db from public",
    "revoke all on schema public from public",
    "revoke all on schema public from dump_user, pg_read_all_data",
    "revoke all on all tables in schema public from public, dump_user, pg_read_all_data",
    "revoke all on all sequences in schema public from public, dump_user, pg_read_all_data",
    "alter default privileges revoke all on tables from public",
    "alter default privileges revoke execute on functions from public",
    "create schema if not exists apart; revoke all on schema apart from public;"
    "create table if not exists apart.kept (n int); revoke all on apart.kept from public",
    "alter table account enable row level security, force row level security",
    "alter role app_user set row_security = off",
]
FIXED_BY_NOBODY = {
    "alter database app_db connection limit 0": (
        "alter database app_db connection limit -1",
        'too many connections for database "app_db"',
    ),
    "revoke select on large object 4711 from pg_read_all_data, dump_user": (
        "grant select on large object 4711 to pg_read_all_data",
        "permission denied for large object 4711",
    ),
}


def as_owner(server: Server, *statements: str) -> None:
    """Run statements as the database's owner."""
    with server.connect() as connection:
        connection.execute("set role app_user")
        for statement in statements:
            connection.execute(statement.encode())


def keep(server: Server) -> None:
    """Give our users back what they lack, as the host program does once a minute."""
    subprocess.run(
        [str(BIN / "psql"), "-X", "-q", "--set=ON_ERROR_STOP=1"],
        env={**server.environment(), "PGUSER": "postgres", "PGPASSWORD": "of-the-superuser"},
        input=keep_script(["app_user", "dump_user"], owner="app_user"),
        text=True,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def owned(postgres: Server) -> Iterator[Server]:
    """The database as app_user's own, as the operator makes it; put back as it was."""
    with postgres.connect() as admin:
        admin.execute("alter database app_db owner to app_user")
        admin.execute("alter schema public owner to app_user")
    yield postgres
    as_owner(
        postgres,
        "grant connect, temporary on database app_db to public",
        "grant usage on schema public to public",
        "drop schema if exists apart cascade",
        "alter role app_user reset all",
    )
    with postgres.connect() as admin:
        admin.execute("alter database app_db owner to postgres")
        admin.execute("alter schema public owner to pg_database_owner")
        admin.execute("alter role app_user nocreatedb")
        admin.execute("revoke connect on database app_db from dump_user, app_user")
        parameters = "event_triggers, temp_file_limit"
        admin.execute(f"revoke set on parameter {parameters} from dump_user, app_user")


@given(chosen=st.sets(st.sampled_from(HARDENED), min_size=1))
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_the_owner_takes_from_our_users_stops_no_dump(
    scripts: Any, owned: Server, chosen: set[str]
) -> None:
    as_owner(owned, *sorted(chosen))
    keep(owned)

    done = scripts.dump()

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("statement", FIXED_BY_NOBODY)
def test_what_only_the_owner_can_give_back_is_named(
    scripts: Any, owned: Server, statement: str
) -> None:
    undo, named = FIXED_BY_NOBODY[statement]
    as_owner(owned, statement)
    try:
        keep(owned)
        refused = scripts.dump()
    finally:
        as_owner(owned, undo)

    assert refused.returncode == 3
    assert named in refused.stderr


RUNBOOK = (ROOT / "docs/runbooks/dump-age.md").read_text(encoding="utf-8")
OF_ANOTHER = """
create role painter; set role painter; select lo_from_bytea(4712, 'a picture'); reset role
"""
REMOVED = "select lo_unlink(4712), lo_unlink(4713); drop owned by painter; drop role painter"


def test_a_large_object_of_another_role_is_named_until_that_role_shares_it_as_the_runbook_says(
    scripts: Any, owned: Server
) -> None:
    shares = re.findall(r"`((?:GRANT|ALTER)[^`]+ LARGE\sOBJECT[^`]+)`", RUNBOOK)
    with owned.connect() as admin:
        admin.execute(OF_ANOTHER)
        keep(owned)

        refused = scripts.dump()

        admin.execute("set role painter")
        for each in shares:
            admin.execute(each.replace(" n ", " 4712 "))
        admin.execute("select lo_from_bytea(4713, 'a later one'); reset role")
        done = scripts.dump()
        admin.execute(REMOVED)

    assert len(shares) == len(["those that are there", "later ones"])
    assert refused.returncode == 3
    assert "permission denied for large object 4712" in refused.stderr
    assert done.returncode == 0, done.stderr


MANY = """
alter database app_db set temp_file_limit = 0; alter database app_db set work_mem = '64kB';
set role app_user;
select count(lo_create(100000 + n)) from generate_series(1, 1500) n
"""
FEW = """
alter database app_db reset temp_file_limit; alter database app_db reset work_mem;
select count(lo_unlink(oid)) from pg_largeobject_metadata where oid > 100000
"""


def test_no_limit_of_temporary_files_stops_a_dump_once_the_right_is_kept(
    scripts: Any, owned: Server
) -> None:
    with owned.connect() as admin:
        admin.execute(MANY)
    try:
        refused = scripts.dump()
        keep(owned)
        done = scripts.dump()
    finally:
        with owned.connect() as admin:
            admin.execute(FEW)

    assert refused.returncode == 3
    assert "temporary file size exceeds" in refused.stderr
    assert done.returncode == 0, done.stderr
