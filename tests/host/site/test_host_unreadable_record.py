"""What a site does while the only copy of the record that it finds cannot be read."""

from argparse import Namespace

import pytest

from host.errors import Refused
from host.verbs import promote, report
from host.writer.record_store import RecordStore
from host.writer.remembered_record import remember
from tests.host.site.world import World

HEALTHY = "Cluster in healthy state"


@pytest.fixture
def unreadable(world: World) -> World:
    """A site whose region holds a record that is none."""
    world.start_operator()
    world.apply()
    world.eventually(lambda: world.cluster().get("status", {}).get("phase") == HEALTHY)
    world.put_parameter(world.topology.names.record_parameter(), "{}", world.name)
    return world


def test_a_report_is_made_and_says_that_nobody_knows_who_writes(
    unreadable: World, caplog: pytest.LogCaptureFixture
) -> None:
    said = report.run(unreadable.machine, Namespace())

    assert said["heartbeat"]
    assert "the record in eu-west-1 is not valid (epoch" in caplog.text


def test_nothing_is_promoted(unreadable: World) -> None:
    with pytest.raises(Refused, match="none can be read"):
        promote.run(unreadable.machine, Namespace(token=None, without_token=True))


def test_the_copy_that_this_machine_has_seen_before_counts(unreadable: World) -> None:
    site = unreadable.site
    store = RecordStore(site.machine, site.document)
    unreadable.record("dr", epoch=7, writer="dr")
    remember(site.machine.files, store.newest(None))
    for _ in range(2):
        unreadable.put_parameter(unreadable.topology.names.record_parameter(), "{}", "dr")

    found = RecordStore(site.machine, site.document).newest(None)

    assert (found.epoch, found.writer, found.contested) == (7, "dr", False)


def test_a_site_without_a_cluster_makes_none(world: World) -> None:
    world.put_parameter(world.topology.names.record_parameter(), "{}", world.name)

    with pytest.raises(Refused, match="the only one cannot be read"):
        world.apply()
