"""The writer's heartbeat while records cannot be read; the loss is counted from the newest one."""

import threading
from argparse import Namespace
from collections.abc import Collection

import pytest

from host.errors import Failed, TimedOut
from host.gate import gate
from host.postgres import heartbeat
from host.postgres.psql import Psql
from host.verbs import report
from tests.host.site.edges import FastClock
from tests.host.site.test_host_gate import lose, swallowed
from tests.host.site.world import World
from tests.waiting import HANGS_SECONDS

HEALTHY = "Cluster in healthy state"


@pytest.fixture
def writer(world: World) -> World:
    """The primary site at work, in an epoch that names it."""
    world.clock = FastClock()
    world.start_operator()
    world.apply()
    world.eventually(lambda: world.cluster().get("status", {}).get("phase") == HEALTHY)
    world.record(epoch=2, writer="primary")
    return world


def beats(world: World) -> object:
    return report.run(world.machine, Namespace())["heartbeat"]


def test_the_writer_beats_while_its_own_regions_record_is_away(
    writer: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(writer, monkeypatch, "eu-west-1")

    assert beats(writer)


def test_a_former_writer_whose_own_regions_record_is_away_does_not_beat(
    writer: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.record("dr", epoch=3, writer="dr")
    lose(writer, monkeypatch, "eu-west-1")

    assert not beats(writer)


def test_a_site_that_reads_neither_record_does_not_beat(
    writer: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for region in ("eu-west-1", "eu-west-2"):
        lose(writer, monkeypatch, region)

    assert not beats(writer)


def test_the_writer_beats_each_minute_while_its_metrics_wait_for_a_region_that_hangs(
    writer: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, beaten = threading.Event(), list[str]()
    cloudwatch = writer.machine.aws.client("cloudwatch", "eu-west-1")
    put, beat = cloudwatch.put_metric_data, heartbeat.beat

    def hang(**metrics: object) -> None:
        assert over.wait(HANGS_SECONDS), "no heartbeat came meanwhile"
        put(**metrics)

    def counted(psql: Psql, site: str, *, owner: str, users: Collection[str] = ()) -> None:
        beat(psql, site, owner=owner, users=users)
        beaten.append(site)
        if len(beaten) == 3:
            over.set()

    monkeypatch.setattr(cloudwatch, "put_metric_data", hang)
    monkeypatch.setattr(heartbeat, "beat", counted)
    monkeypatch.setattr(report, "PERIOD_SECONDS", 0)
    monkeypatch.setattr(report, "_MINUTES", 10**6)

    said = report.run(writer.machine, Namespace())

    assert len(beaten) >= 3
    assert said["metrics"]


def test_metrics_that_never_end_end_the_report(
    writer: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(report, "_publish", lambda _: over.wait(HANGS_SECONDS))
    monkeypatch.setattr(report, "PERIOD_SECONDS", 0)

    with pytest.raises(TimedOut, match="no metrics within 30 min"):
        report.run(writer.machine, Namespace())

    over.set()


def test_a_guard_waits_no_longer_than_the_gate_for_a_region_that_swallows_calls(
    writer: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is fenced for the other region's copy alone, and nothing is written."""
    writer.record("dr", epoch=3, writer="dr")
    site = writer.site

    with swallowed(writer, monkeypatch, "eu-west-1"), pytest.raises(Failed, match="cannot be read"):
        report.beat(site, gate.look(site))

    assert "cnpg.io/fencedInstances" not in writer.cluster()["metadata"].get("annotations", {})
