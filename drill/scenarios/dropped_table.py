"""A table dropped by mistake comes back from a dump."""

import subprocess
import time
from typing import Any

from drill.operator.processes import POSTGRES_BIN
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage
from topology.site import SITES

BACK_SECONDS = 60.0
_MAKE = """
CREATE TABLE precious AS
SELECT number, md5(number::text) AS content FROM generate_series(1, 20000) AS number
"""
_CHECKSUM = "SELECT md5(string_agg(number || content, ',' ORDER BY number)) FROM precious"


def act(stage: Stage) -> Measured:
    """Dump, drop, fetch the dump from both buckets, restore from each, compare."""
    owner = stage.twin.topology.database.owner
    stage.do("primary", "DROP TABLE IF EXISTS precious")
    stage.do("primary", _MAKE)
    stage.do("primary", f'ALTER TABLE precious OWNER TO "{owner}"')
    expected = stage.ask("primary", _CHECKSUM)
    stage.twin.pgtwin("dump", "now", "--site", "primary")
    stage.do("primary", "DROP TABLE precious")
    began = time.monotonic()
    found: dict[str, Any] = {}
    dumps = stage.twin.pgtwin("dump", "list")
    for name in SITES:
        folder = stage.folder / f"dump-{name}"
        newest = dumps[name][-1]
        stage.twin.pgtwin("dump", "get", newest, "--from", name, "--to", str(folder))
        stage.do("primary", "DROP TABLE IF EXISTS precious")
        _restore(stage, str(folder / newest if (folder / newest).is_dir() else folder))
        found[name] = stage.ask("primary", _CHECKSUM)
        expect(found[name] == expected, f"the dump in {name}'s bucket gives the same checksum")
    seconds = time.monotonic() - began
    stage.do("primary", "DROP TABLE precious")
    return Measured(seconds=seconds, details={"dump": dumps["primary"][-1], "checksum": expected})


def _restore(stage: Stage, folder: str) -> None:
    controller = stage.twin.sites["primary"].operator.controller(
        stage.twin.topology.primary.cluster
    )
    primary = controller.primary if controller else None
    if primary is None:
        raise LookupError("the primary has no database")
    done = subprocess.run(
        [
            str(POSTGRES_BIN / "pg_restore"),
            "--exit-on-error",
            "--table=precious",
            f"--dbname={stage.twin.topology.database.name}",
            folder,
        ],
        env=primary.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    expect(done.returncode == 0, f"pg_restore takes the dump: {done.stderr}")


SCENARIO = Scenario(
    name="dropped-table",
    sentence="A table dropped by mistake is back within {bound} from a dump, and the dumps of both "
    "buckets give the same checksum.",
    act=act,
    bound=lambda _: BACK_SECONDS,
)
