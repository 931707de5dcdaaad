"""Nothing waits for the dead: a region that answers a byte at a time is given up as a whole."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from host.machine import peer_region
from host.machine.peer_region import PeerIsSilent, ask_peer
from host.writer import restores
from host.writer.record_store import RecordStore
from tests.host.site.world import World
from tests.waiting import HANGS_SECONDS

PEER = "eu-west-2"


@pytest.fixture
def trickling(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """DR's region takes every call of the primary, and none comes to an end."""
    over = threading.Event()

    def no_end(**_: object) -> None:
        assert over.wait(HANGS_SECONDS), "it was waited for"

    world.start_operator()
    world.apply()
    calls = {"ssm": "get_parameter", "s3": "list_objects_v2"}
    for service, call in calls.items():
        client = world.machine.aws.client(service, PEER, brief=True)
        monkeypatch.setattr(client, call, no_end)
    monkeypatch.setattr(peer_region, "PEERS_SECONDS", 0.01)
    yield world
    over.set()


def test_a_promotion_does_not_wait_for_its_bucket(trickling: World) -> None:
    assert not restores.peer_answers(trickling.site)


def test_the_record_is_read_from_the_own_region(trickling: World) -> None:
    site = trickling.site
    trickling.record("primary", epoch=3, writer="primary")
    trickling.record("dr", epoch=4, writer="dr")

    found = RecordStore(site.machine, site.document).newest(None)

    assert (found.epoch, found.writer) == (3, "primary")


def test_what_it_refuses_is_no_answer_either() -> None:
    from botocore.exceptions import ClientError

    def refuse() -> Any:
        raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "GetParameter")

    with pytest.raises(PeerIsSilent, match="expired"):
        ask_peer(refuse)


def test_what_it_answers_in_time_counts() -> None:
    assert ask_peer(lambda: 7) == 7
