"""The writer's heartbeat while records cannot be read; the loss is counted from the newest one."""

from argparse import Namespace

import pytest

from host.verbs import report
from tests.host.site.edges import FastClock
from tests.host.site.test_host_gate import lose
from tests.host.site.world import World

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
