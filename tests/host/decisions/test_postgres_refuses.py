"""PostgreSQL refuses the names that the loader refuses for its sake, and takes the others."""

import pytest

from host.postgres.psql import PsqlFailed
from tests.host.decisions.conftest import PodShell, psql_of
from tests.loader import loads


@pytest.mark.parametrize(
    "name",
    ["pg_app", "public", "none", "postgres", "pgapp", "select", "user", "current_user", "publics"],
)
def test_an_owner_is_refused_by_both_or_by_none(shell: PodShell, name: str) -> None:
    assert taken(shell, f'create role "{name}"') == loads(owner=name)


@pytest.mark.parametrize(
    "name", ["template0", "template1", "postgres", "template2", "user", "public", "pgbouncer"]
)
def test_a_database_is_refused_by_both_or_by_none(shell: PodShell, name: str) -> None:
    assert taken(shell, f'create database "{name}"') == loads(name=name)


def taken(shell: PodShell, statement: str) -> bool:
    """Whether PostgreSQL carries it out; taken back at once."""
    psql = psql_of(shell, "postgres")
    try:
        psql.query(f"{statement};")
    except PsqlFailed:
        return False
    psql.query(f"{statement.replace('create', 'drop')};")
    return True
