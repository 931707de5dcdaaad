"""Whatever the roles are called: an empty server gets them, and each has what it had."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from tests.charts.dump.conftest import Server
from tests.charts.dump.restoring import restore_dump

NAMES = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
    .filter(lambda name: len(name.encode()) <= 63)
    .filter(lambda name: not name.startswith("pg_") and name not in ("public", "none"))
)


@given(names=st.lists(NAMES, min_size=2, max_size=2, unique=True))
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_roles_come_back_under_their_names_with_what_they_had(
    scripts: Any, postgres: Server, bare: Server, as_user: Any, names: list[str]
) -> None:
    owner, reader = (sql.Identifier(name) for name in names)
    with postgres.connect() as admin:
        _run(admin, "create role {}", owner)
        _run(admin, "create role {}", reader)
        _run(admin, "create schema {0} authorization {0}", owner)
        _run(admin, "create table {}.kept (n int)", owner)
        _run(admin, "alter table {0}.kept owner to {0}", owner)
        _run(admin, "grant select on {}.kept to {}", owner, reader)
        _run(
            admin,
            "alter default privileges for role {} grant select on tables to {}",
            owner,
            reader,
        )
        try:
            done = scripts.dump()
        finally:
            for role in (reader, owner):
                _run(admin, "drop owned by {}", role)
                _run(admin, "drop role {}", role)
    assert done.returncode == 0, done.stderr
    as_user(bare, "postgres", "of-the-superuser")

    found = restore_dump(scripts.directory / done.stdout.strip(), "back", 2)

    assert set(names) <= set(found.roles_made)
    may = "select tableowner, has_table_privilege(%s, format('%%I.kept', schemaname), 'select')"
    with bare.connect("back") as admin:
        query = f"{may} from pg_tables where tablename = 'kept'"
        assert admin.execute(query.encode(), (names[1],)).fetchone() == (names[0], True)
    with bare.connect("postgres") as admin:
        admin.execute("drop database back")
        for name in found.roles_made:
            _run(admin, "drop role {}", sql.Identifier(name))


def _run(connection: Any, statement: str, *names: sql.Identifier) -> None:
    connection.execute(sql.SQL(statement).format(*names))
