"""A table dropped by mistake comes back from a dump."""

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drill.ground_site import TOOK_TOO_LONG, NoAnswer
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage
from topology.site import SITES, SiteName

BACK_SECONDS = 60.0
_MAKE = """
CREATE TABLE precious AS
SELECT number, md5(number::text) AS content FROM generate_series(1, 20000) AS number
"""
_CHECKSUM = "SELECT md5(string_agg(number || content, ',' ORDER BY number)) FROM precious"


def act(stage: Stage) -> Measured:
    """Dump, drop; then per bucket: the table from the fetched dump, and all of it beside."""
    owner = stage.twin.topology.database.owner
    stage.do("primary", "DROP TABLE IF EXISTS precious")
    stage.do("primary", _MAKE)
    stage.do("primary", f'ALTER TABLE precious OWNER TO "{owner}"')
    expected = stage.answer("primary", _CHECKSUM)
    dumping = time.monotonic()
    stage.twin.pgtwin("dump", "now", "--site", "primary")
    dump_seconds = round(time.monotonic() - dumping, 2)
    stage.do("primary", "DROP TABLE precious")
    began = time.monotonic()
    found: dict[str, Any] = {}
    dumps = stage.twin.pgtwin("dump", "list")
    for name in SITES:
        folder = stage.folder / f"dump-{name}"
        if isinstance(dumps[name], str):
            raise NoAnswer(f"the dumps of {name}: {dumps[name]}")
        newest = dumps[name][-1]
        stage.twin.pgtwin("dump", "get", newest, "--from", name, "--to", str(folder))
        stage.do("primary", "DROP TABLE IF EXISTS precious")
        _restore(stage, folder / newest if (folder / newest).is_dir() else folder)
        found[name] = stage.answer("primary", _CHECKSUM)
        expect(found[name] == expected, f"the dump in {name}'s bucket gives the same checksum")
    seconds = time.monotonic() - began
    for name in SITES:
        beside = _restored_beside(stage, dumps[name][-1], name)
        expect(beside == expected, f"so does the database that {name}'s dump is restored to")
    stage.do("primary", "DROP TABLE precious")
    return Measured(
        seconds=seconds,
        details={
            "dump": dumps["primary"][-1],
            "dump_seconds": dump_seconds,
            "checksum": expected,
        },
    )


def _restored_beside(stage: Stage, dump: str, name: SiteName) -> str:
    """The checksum in a new database, made by the command that docs/restore.md has."""
    client = stage.twin.sites["primary"].databases.client()
    owner, into = stage.twin.topology.database.owner, f"before_{name}"
    login = {**client, "PGUSER": owner, "PGPASSWORD": stage.twin.password(owner)}
    asked = ("dump", "restore", dump, "--into", into, "--from", name, "--yes-run-as", owner)
    try:
        stage.twin.pgtwin(*asked, extra=login)
        return _ask(login, into, _CHECKSUM)
    finally:
        _ask(login, "postgres", f"DROP DATABASE IF EXISTS {into} WITH (FORCE)")


def _ask(login: Mapping[str, str], database: str, sql: str) -> str:
    done = subprocess.run(
        ["psql", "--no-psqlrc", "--tuples-only", "--no-align", f"--dbname={database}"],
        env=dict(login),
        input=sql,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def _restore(stage: Stage, folder: Path) -> None:
    done = stage.twin.sites["primary"].databases.restore_dump(folder, table="precious")
    if done.exit_code == TOOK_TOO_LONG:
        raise TimeoutError(f"pg_restore: {done.stderr}")
    expect(done.exit_code == 0, f"pg_restore takes the dump: {done.stderr}")


SCENARIO = Scenario(
    name="dropped-table",
    sentence="A table dropped by mistake is back within {bound} from a dump, and the dumps of both "
    "buckets give the same checksum.",
    act=act,
    repeatable=True,
    bound=lambda _: BACK_SECONDS,
)
