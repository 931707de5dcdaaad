"""What is awkward in many databases is made in one, as on real Kubernetes through psql."""

from dataclasses import replace

import pytest

from drill.ground_site import StatementRefused
from drill.grounds.psql_session import PsqlSession, with_values
from drill.scenarios.awkward_databases import BESIDE_OTHERS, statements

SECONDS = 60.0
OWNER = "owner_of_all"
_MADE = "SELECT count(*) FROM pg_namespace WHERE nspname::text = ANY (string_to_array(%s, ','))"


def _made(session: PsqlSession) -> int:
    names = ",".join(each.name for each in BESIDE_OTHERS)
    ((count,),) = session.rows(with_values(_MADE, [names]), SECONDS)
    return int(count)


def test_all_of_them_share_a_database(session: PsqlSession) -> None:
    for role in ("dump_user", OWNER):
        session.run(f"CREATE ROLE {role}", SECONDS)
    session.run(f"GRANT CREATE ON DATABASE postgres TO {OWNER}", SECONDS)

    for each in BESIDE_OTHERS:
        session.run(statements(each, OWNER), SECONDS)

    assert _made(session) == len(BESIDE_OTHERS) >= 18


@pytest.mark.parametrize("sql", ["SELECT 1 / 0;", "SET missing = 1;\nSELECT 1;", "ROLLBACK;"])
def test_one_that_fails_in_the_middle_is_refused_and_leaves_nothing(
    sql: str, session: PsqlSession, argv: list[str]
) -> None:
    broken = replace(BESIDE_OTHERS[0], name="broken", sql=f"CREATE TABLE half ();\n{sql}")

    with pytest.raises(StatementRefused):
        session.run(statements(broken, OWNER), SECONDS)

    again = PsqlSession(argv)
    try:
        assert again.rows("SELECT to_regnamespace('broken')::text", SECONDS) == [(None,)]
    finally:
        again.close()
