"""What `pg_upgrade` would refuse, asked of a real PostgreSQL."""

from collections.abc import Iterator

import pytest

from host.major.blockers import DATABASES, OF_A_DATABASE, OF_THE_SERVER
from host.postgres.psql import Psql
from tests.host.decisions.conftest import PodShell, psql_of


def found(psql: Psql) -> list[str]:
    blockers: list[str] = psql.query(f"{OF_A_DATABASE};", read_only=True)
    return blockers


def of_the_server(psql: Psql) -> list[str]:
    blockers: list[str] = psql.query(f"{OF_THE_SERVER};", read_only=True)
    return blockers


@pytest.fixture
def schema(psql: Psql) -> Iterator[Psql]:
    psql.query("create schema blocked;")
    yield psql
    psql.query("drop schema blocked cascade;")


def test_an_ordinary_database_has_none(psql: Psql) -> None:
    psql.query("create table public.ordinary (id int primary key, at regclass, who regrole);")

    assert found(psql) == []
    assert of_the_server(psql) == []
    assert psql.query(f"{DATABASES};", read_only=True) == ["app_db", "postgres", "template1"]


def test_a_template0_that_accepts_connections_is_one(psql: Psql) -> None:
    psql.query("alter database template0 allow_connections true;")
    try:
        assert of_the_server(psql) == ["database template0 accepts connections (datallowconn)"]
    finally:
        psql.query("alter database template0 allow_connections false;")


@pytest.mark.parametrize(
    ("made", "name"),
    [
        ("create table blocked.t (f regproc)", "blocked.t.f of type regproc"),
        ("create table blocked.t (f regprocedure[])", "blocked.t.f of type regprocedure[]"),
        ("create materialized view blocked.t as select 1::regoper as f", "blocked.t.f"),
        (
            "create domain blocked.d as regconfig; create table blocked.t (f blocked.d)",
            "blocked.t.f of type blocked.d",
        ),
        (
            "create type blocked.c as (inner_one regnamespace);"
            "create type blocked.outer_one as (c blocked.c);"
            "create table blocked.t (f blocked.outer_one[])",
            "blocked.t.f of type blocked.outer_one[]",
        ),
        (
            "create type blocked.r as range (subtype = regcollation);"
            "create table blocked.t (f blocked.r)",
            "blocked.t.f of type blocked.r",
        ),
        (
            "create table blocked.t (f regdictionary) partition by hash (f)",
            "blocked.t.f of type regdictionary",
        ),
        ("create table blocked.t (s pg_stat_activity)", "blocked.t.s of type pg_stat_activity"),
        ("create table blocked.t (s information_schema.tables[])", "blocked.t.s of type"),
        (
            "create view blocked.v as select 1::regproc as f; create table blocked.t (v blocked.v)",
            "blocked.t.v of type blocked.v",
        ),
    ],
    ids=[
        *("plain", "array", "materialised", "domain", "nested", "range", "partitioned"),
        *("a row of a view of the system", "rows of one", "a row of a view"),
    ],
)
def test_a_column_that_names_objects_by_their_oid_is_found(
    schema: Psql, made: str, name: str
) -> None:
    schema.query(f"{made};")

    assert any(name in blocker for blocker in found(schema)), found(schema)


def test_a_dropped_column_and_a_temporary_table_are_none(schema: Psql) -> None:
    schema.query("create table blocked.t (id int, f regproc); alter table blocked.t drop f;")

    assert found(schema) == []


KEYS = """
create collation blocked.one (provider = libc, locale = 'C');
create collation blocked.two (provider = libc, locale = 'C');
create table blocked.held (a text collate blocked.one, b text collate blocked.two, primary key (a));
create table blocked.same (f text collate blocked.one references blocked.held);
create table blocked.other (f text collate blocked.two references blocked.held)
  partition by hash (f);
create table blocked.part partition of blocked.other for values with (modulus 1, remainder 0);
"""


NONDETERMINISTIC = """
update pg_collation set collisdeterministic = false where oid = 'blocked.NAME'::regcollation;
"""


@pytest.mark.parametrize("collation", ["one", "two"])
def test_a_foreign_key_between_collations_of_which_one_is_not_deterministic_is_found(
    schema: Psql, collation: str
) -> None:
    schema.query(KEYS)
    assert found(schema) == []

    # Only ICU makes such a collation, and this server is built without it.
    schema.query(NONDETERMINISTIC.replace("NAME", collation))

    assert found(schema) == [
        "foreign key other_f_fkey of blocked.other: its sides differ in a nondeterministic "
        "collation, in database app_db"
    ]


def test_a_database_without_connections_is_named(psql: Psql, shell: PodShell) -> None:
    admin = psql_of(shell, "postgres")
    admin.query("create database closed;")
    admin.query("alter database closed allow_connections false;")
    try:
        assert of_the_server(psql) == [
            "database closed accepts no connections (datallowconn)",
        ]
    finally:
        admin.query("drop database closed;")
