"""PostgreSQL's next major version on both sites, under traffic."""

import time
from pathlib import Path

import yaml

from drill.scenarios.gap import longest_gap
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage
from topology.site import SITES, SiteName
from topology.versions import POSTGRES_IMAGES

NEWEST = max(POSTGRES_IMAGES)
PAUSE_SECONDS = 420.0
"""Three instances: every pod gone, pg_upgrade, the leading instance, the copy of one standby."""
_MAJOR = "SELECT current_setting('server_version_num')::int / 10000"
_TABLE = """
CREATE TABLE upgraded AS SELECT number, md5(number::text) AS digest
  FROM generate_series(1, 100000) AS number;
CREATE STATISTICS upgraded_both (dependencies) ON number, digest FROM upgraded;
ANALYZE upgraded
"""
_CHECKSUM = "SELECT md5(string_agg(digest, '' ORDER BY number)) FROM upgraded"
_STATISTICS = "SELECT count(*) FROM pg_stats_ext WHERE statistics_name = 'upgraded_both'"


def act(stage: Stage) -> Measured:
    """Deploy the new version, which changes nothing; then upgrade while an application writes."""
    old = stage.twin.topology.database.postgres
    stage.do("primary", _TABLE)
    checksum = stage.answer("primary", _CHECKSUM)
    _configure(stage.twin.ground.config)
    stage.twin.ground.redeploy()
    for site in SITES:
        applied = stage.verb(site, "apply")
        expect(applied.exit_code == 0, f"a deployment that is applied: {applied.stderr[-500:]}")
        expect(_major(stage, site) == old, f"a deployment alone leaves PostgreSQL {old} on {site}")
    names = {site: stage.server_name(site) for site in SITES}
    with stage.writer() as writer:
        stage.wait_for_rows(writer, 20)
        stage.wait(lambda: not stage.backs_up("primary"), 300, "no base backup")
        began = time.time()
        stage.twin.pgtwin("upgrade", "--postgres")
        seconds = time.time() - began
        stage.wait_for_rows(writer, writer.acknowledgements.count + 20, 60)
        pause = longest_gap(writer.acknowledgements.rows, since=began)
    stage.wait(
        lambda: stage.newest("dr", writer) >= writer.acknowledgements.newest, 300, "DR to follow"
    )
    _expect_new_versions(stage, names)
    expect(stage.answer("primary", _CHECKSUM) == checksum, "the same rows as before")
    expect(stage.answer("primary", _STATISTICS) == 1, "the statistics that pg_upgrade leaves out")
    comparison = stage.compare(writer, "primary")
    return Measured(
        seconds=pause,
        lost=len(comparison.lost),
        phantom=len(comparison.phantom),
        details={"from": old, "to": NEWEST, "upgrade_seconds": round(seconds, 1)}
        | {"steps_seconds": _steps(stage)},
    )


def _configure(config: Path) -> None:
    document = yaml.safe_load(config.read_text(encoding="utf-8"))
    document["database"]["postgres"] = NEWEST
    config.write_text(yaml.safe_dump(document), encoding="utf-8")


def _major(stage: Stage, site: SiteName) -> int:
    return int(stage.answer(site, _MAJOR))


def _expect_new_versions(stage: Stage, old_names: dict[SiteName, str]) -> None:
    for site in SITES:
        expect(_major(stage, site) == NEWEST, f"PostgreSQL {NEWEST} on {site}")
        name = stage.server_name(site)
        expect(name != old_names[site], f"a new server name on {site}, not {name} again")
        state = stage.host_status(site, "state", "--state")
        expect(state["server_name"] == name, f"{site} archives as the record says")


def _steps(stage: Stage) -> dict[str, float]:
    """How long each step of the command took, by what it said."""
    begun: dict[str, float] = {}
    took: dict[str, float] = {}
    for line in stage.said_by("upgrade"):
        clock, _, rest = line.partition("  ")
        step, _, event = rest.partition(": ")
        if event not in ("begun", "done"):
            continue
        hours, minutes, seconds = map(int, clock.split(":"))
        at = hours * 3600.0 + minutes * 60.0 + seconds
        if event == "begun":
            begun[step] = at
        elif step in begun:
            took[step] = at - begun[step]
    return took


SCENARIO = Scenario(
    name="major-upgrade",
    sentence="A deployment changes no major version of PostgreSQL. `pgtwin upgrade --postgres` "
    "converts the writer and clones the replica again; no row is lost, and an application waits "
    "{bound} at most.",
    act=act,
    needs=frozenset({"another major version"}),
    bound=lambda _: PAUSE_SECONDS,
)
