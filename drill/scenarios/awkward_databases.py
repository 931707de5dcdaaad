"""The awkward databases of the corpus that live beside each other, in the applications' database.

Each has a schema of its own, and stays: the scenarios that come later play on them.
"""

from collections.abc import Mapping
from typing import Any

from drill.awkward_database import AwkwardDatabase, awkward_databases
from drill.scenarios.scenario import expect
from drill.scenarios.stage import Stage

Counts = Mapping[str, tuple[int, str | None]]
"""Of each table by its quoted name: rows, and a checksum over them in any order."""
BESIDE_OTHERS = tuple(each for each in awkward_databases() if each.lives_beside_others)
"""In the order of their names."""
_THERE = "SELECT to_regnamespace(%s) IS NOT NULL"
_LOAD = """
BEGIN;
CREATE SCHEMA {name} AUTHORIZATION "{owner}";
SET LOCAL search_path = {name};
{sql}
RESET ROLE;
RESET ALL;
CREATE TABLE {name}.loaded ();
COMMIT;
SELECT '{name}.loaded'::regclass
"""
"""Where a statement fails, everything is rolled back and the last one fails too: psql tells only
how the last one ended. Its session goes on to the next file."""
_COUNTS = r"""
SELECT string_agg(format(
    'SELECT %L, count(*), sum(hashtextextended("a row"::text, 0)::numeric)::text'
    ' FROM %I.%I AS "a row"',
    tab.oid::regclass, space.nspname, tab.relname), ' UNION ALL ' ORDER BY tab.oid::regclass::text)
FROM pg_class AS tab JOIN pg_namespace AS space ON space.oid = tab.relnamespace
WHERE tab.relkind IN ('r', 'p') AND tab.relpersistence = 'p'
  AND space.nspname NOT IN ('information_schema', 'pgtwin', 'public')
  AND space.nspname !~ '^pg_'
"""
"""A query: rows and their checksum, of each table. What other scenarios write is in `public`."""


def load(stage: Stage) -> Counts:
    """Make those that are not there yet, and say what all of them hold: `counts`."""
    for each in BESIDE_OTHERS:
        if not stage.answer("primary", _THERE, each.name):
            stage.do("primary", statements(each, stage.twin.topology.database.owner))
    return counts(stage)


def counts(stage: Stage, cluster: str = "") -> Counts:
    """What is in the primary's Cluster, or in another of its site."""
    databases = stage.twin.sites["primary"].databases
    ((query,),) = databases.rows(_COUNTS, cluster=cluster)
    return {
        name: (rows, checksum) for name, rows, checksum in databases.rows(query, cluster=cluster)
    }


def expect_same(found: Counts, whole: Counts) -> None:
    """Every table is there, with every row.

    Raises:
        Broken: where one is not.
    """
    differ = sorted(
        name for name in found.keys() | whole.keys() if found.get(name) != whole.get(name)
    )
    expect(not differ, f"every row of a moment is back, also of {', '.join(differ)}")


def expect_named(found: Mapping[str, Any]) -> None:
    """What a verification has to say that it did not compare, or the dump does not hold.

    Raises:
        Broken: where a kind is missing that a file of these expects.
    """
    named = {*found["not_compared"], *found["not_in_the_dump"]}
    wanted = {kind for each in BESIDE_OTHERS for kind in each.named}
    expect(wanted <= named, f"the verification names {sorted(wanted - named)} too")


def statements(database: AwkwardDatabase, owner: str) -> str:
    """SQL that makes all of one in its own schema, or fails and leaves nothing."""
    sql = database.sql.replace("app_user", f'"{owner}"')
    return _LOAD.format(name=database.name, owner=owner, sql=sql)
