"""A scenario that a ground cannot play says so, and is never a promise that was kept."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from drill.drill import Drill
from drill.failure_modes import FailureMode
from drill.ground import About, Ground, GroundName, Need
from drill.ground_site import Address, NoAnswer, Ran
from drill.replication_mode import Mode
from drill.report.document import Report
from drill.report.page import render
from drill.scenarios import (
    attempt,
    damaged_wal,
    degraded_region,
    machine_lost,
    major_upgrade,
    region_lost,
)
from drill.scenarios.catalogue import Act
from drill.starvation.load import Load
from drill.twin import Twin
from drill.view import View
from topology.load import load
from topology.site import SiteName

CONFIG = Path("config/default.yaml")
NO_POWER: Mapping[Need, str] = {"power of a machine": "has no switch"}


class NoDatabases:
    """Answers nothing."""

    def rows(self, sql: str, *values: str, cluster: str = "") -> list[tuple[Any, ...]]:
        raise NoAnswer("paper")

    def run(self, sql: str, *values: str) -> None:
        raise NoAnswer("paper")

    def client(self) -> Mapping[str, str]:
        raise NoAnswer("paper")

    def restore_dump(self, folder: Path, *, table: str) -> Ran:
        raise NoAnswer("paper")


class NoObjects:
    """Holds nothing."""

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        return None

    def list(self, kind: str, namespace: str = "") -> Sequence[dict[str, Any]]:
        return []

    def patch(self, kind: str, name: str, merge: dict[str, Any]) -> None:
        raise NoAnswer("paper")

    def delete(self, kind: str, name: str) -> None:
        raise NoAnswer("paper")


class PaperSite:
    """A site of a few lines."""

    powered = True
    databases = NoDatabases()
    objects = NoObjects()

    def __init__(self, name: SiteName) -> None:
        self.name: SiteName = name

    def balancer(self) -> Address | None:
        return None

    def power_off(self, machine: str | None = None) -> None: ...

    def power_on(self, machine: str | None = None) -> None: ...

    def run_verb(self, arguments: Sequence[str]) -> Ran | None:
        return None

    def processor_seconds(self) -> float:
        raise NoAnswer("paper")

    def kill_backups(self) -> int:
        return 0

    def enforce_retention(self) -> None: ...


class NoCloud:
    """AWS that nobody asks."""

    account = "123456789012"

    def run_verbs(self, system: str, command: str) -> None: ...

    def client(self, service: str, region: str) -> Any:
        raise NoAnswer("paper")

    def throttle(self, bucket: str, prefix: str = "", *, seconds: float) -> None: ...


class NoDoors:
    """Nobody goes in."""

    def fail(self, region: str, mode: FailureMode) -> None: ...

    def environment(self, region: str) -> Mapping[str, str]:
        return {}

    def program(self, program: Sequence[str]) -> list[str]:
        return list(program)


class PaperGround:
    """A ground of a few lines: whatever plays on it knows no more than the interface."""

    name: GroundName = "clusters"
    config = CONFIG
    cloud = NoCloud()
    endpoints = NoDoors()

    def __init__(self, lacks: Mapping[Need, str]) -> None:
        self.topology = load(CONFIG)
        self.lacks = lacks
        self.sites: dict[SiteName, PaperSite] = {
            "primary": PaperSite("primary"),
            "dr": PaperSite("dr"),
        }

    def __enter__(self) -> "PaperGround":
        return self

    def __exit__(self, *_: object) -> None: ...

    def cut(self, site: SiteName, mode: FailureMode) -> None: ...

    def heal(self, site: SiteName) -> None: ...

    def cut_path(self) -> None: ...

    def heal_path(self) -> None: ...

    def redeploy(self) -> None: ...

    def python(self, program: Sequence[str]) -> list[str]:
        return list(program)

    def in_vpc(self, site: SiteName, program: Sequence[str]) -> None: ...

    def throughput(self) -> Mapping[str, float]:
        return {}

    def about(self) -> About:
        return About(
            versions={"paper": "80 g"},
            emulated=("Everything.",),
            overrides=(),
            ready_seconds={},
            embedded_aws={},
            mode=Mode(replication="archive"),
        )


class Idle:
    """A computer with nothing else to do."""

    def load(self, since: float) -> Load:
        return Load(slowdown=1.0, write_seconds=0.0)


def _play(act: Act, ground: Ground, work: Path) -> Report:
    with (work / "told").open("w") as told:
        drill = Drill(
            twin=Twin(ground, work),
            view=View(lambda: None, told),
            work=work,
            machine=Idle(),
            asked=CONFIG,
        )
        drill.play(act)
        return drill.report(started=datetime.now(UTC), duration_seconds=1)


@pytest.fixture(autouse=True)
def _paper_settles_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "SETTLED_SECONDS", 0.0)


@pytest.fixture
def report(tmp_path: Path) -> Report:
    act = ((machine_lost.SCENARIO,),)
    return _play(act, PaperGround(lacks=NO_POWER), tmp_path)


def test_it_names_the_reason(report: Report) -> None:
    (result,) = report.scenarios

    assert (result.outcome, result.reason) == ("not played", "has no switch")
    assert not result.passed


def test_a_drill_that_played_nothing_has_shown_nothing(report: Report) -> None:
    assert report.verdict == "fail"
    assert report.summary == "fail: 0 of 0 scenarios kept their promise, 1 not played"


def test_the_page_shows_the_ground_and_what_was_not_played(report: Report) -> None:
    page = render(report)

    assert "Played on the ground <b>clusters</b>" in page
    assert "1 not played: machine-lost" in page
    assert "has no switch" in page
    assert "80 g" in page
    assert "Everything." in page


def test_one_instance_has_nothing_to_take_over(tmp_path: Path) -> None:
    ground = PaperGround(lacks={})
    alone = ground.topology.primary.model_copy(update={"instances": 1})
    ground.topology = ground.topology.model_copy(update={"primary": alone})

    (result,) = _play(((machine_lost.SCENARIO,),), ground, tmp_path).scenarios

    assert result.outcome == "not played"
    assert result.reason == "the configuration gives the primary one instance"


def test_there_is_nothing_to_upgrade_to_from_the_newest_major_version(tmp_path: Path) -> None:
    ground = PaperGround(lacks={})

    (result,) = _play(((major_upgrade.SCENARIO,),), ground, tmp_path).scenarios

    assert result.outcome == "not played"
    assert result.reason == "the configuration says postgres: 18, which is the newest"


def _configured(**mode: str) -> PaperGround:
    ground = PaperGround(lacks={})
    ground.topology = ground.topology.model_copy(update=mode)
    return ground


@pytest.mark.parametrize("replication", ["archive", "streaming"])
def test_where_no_commit_waits_for_the_other_region_nobody_goes_on_without_it(
    replication: str,
) -> None:
    scenario = degraded_region.SCENARIO

    assert scenario.not_playable(_configured(replication=replication)) == (
        f"with replication: {replication} no commit waits for the other region"
    )
    assert not scenario.not_playable(_configured(replication="synchronous", rpo="0"))


def test_nothing_is_written_beside_a_replica_that_is_held_where_commits_wait_for_ever() -> None:
    scenario = damaged_wal.SCENARIO

    assert scenario.not_playable(_configured(replication="synchronous", rpo="0")) == (
        "with rpo: 0 nobody writes while DR is held"
    )
    assert not scenario.not_playable(_configured(replication="synchronous", rpo="10s"))
    assert not scenario.not_playable(_configured())


def test_what_a_ground_does_not_lack_is_tried(tmp_path: Path) -> None:
    act = ((machine_lost.SCENARIO, region_lost.SCENARIO),)

    report = _play(act, PaperGround(lacks=NO_POWER), tmp_path)

    assert {each.name: each.outcome for each in report.scenarios} == {
        "machine-lost": "not played",
        "region-lost": "broken",  # nothing answers on paper
    }
