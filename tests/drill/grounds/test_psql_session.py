"""A session of psql answers as a driver would, on a real PostgreSQL."""

import pytest

from drill.ground_site import NoAnswer, StatementRefused
from drill.grounds.psql_session import PsqlSession, with_values

SECONDS = 60.0


def test_rows_keep_their_types_and_order(session: PsqlSession) -> None:
    query = "SELECT n, n = 2, 'a' || n, NULL FROM generate_series(1, 3) AS n ORDER BY n DESC;"

    assert session.rows(query, SECONDS) == [
        (3, False, "a3", None),
        (2, True, "a2", None),
        (1, False, "a1", None),
    ]


def test_two_columns_may_have_one_name(session: PsqlSession) -> None:
    assert session.rows("SELECT 1 AS a, 2 AS a", SECONDS) == [(1, 2)]


def test_no_row_is_no_row(session: PsqlSession) -> None:
    assert session.rows("SELECT 1 WHERE false", SECONDS) == []


def test_answers_come_one_after_the_other(session: PsqlSession) -> None:
    session.run("CREATE TABLE IF NOT EXISTS said (word text)", SECONDS)
    for word in ("it's", "100%", "a\\b", "two\nlines"):
        session.run("TRUNCATE said", SECONDS)
        session.run(with_values("INSERT INTO said VALUES (%s)", [word]), SECONDS)

        assert session.rows("SELECT word FROM said", SECONDS) == [(word,)]


def test_a_statement_that_fails_says_why_and_ends_the_session(session: PsqlSession) -> None:
    with pytest.raises(NoAnswer, match="does not exist"):
        session.rows("SELECT * FROM nothing", SECONDS)

    assert not session.is_open


def test_what_is_refused_for_what_it_says_is_told_from_what_had_no_time(argv: list[str]) -> None:
    too_short = "SET statement_timeout = 1; SELECT pg_sleep(600)"
    refused = ("SELECT * FROM nothing", "BEGIN READ ONLY; CREATE TABLE written ()")

    kinds = {}
    for sql in (too_short, *refused):
        with pytest.raises(NoAnswer) as raised:
            PsqlSession(argv).run(sql, SECONDS)
        kinds[sql] = raised.type

    assert kinds == {too_short: NoAnswer} | dict.fromkeys(refused, StatementRefused)


def test_a_session_that_does_not_answer_in_time_is_closed(session: PsqlSession) -> None:
    with pytest.raises(NoAnswer, match="in time"):
        session.rows("SELECT pg_sleep(600)", 0.1)

    assert not session.is_open


def test_a_program_that_ends_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        PsqlSession(["true"]).rows("SELECT 1", SECONDS)


def test_a_session_that_another_thread_closed_meanwhile_is_no_answer(session: PsqlSession) -> None:
    session.close()

    with pytest.raises(NoAnswer, match="ended"):
        session.rows("SELECT 1", SECONDS)
