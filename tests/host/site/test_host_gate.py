"""Clients of one machine, with real records in both regions (moto) and the drill's nft."""

import json
import subprocess
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from host.errors import Failed, Refused
from host.gate import copies, gate
from host.gate.packet_filter import PacketFilter
from host.verbs import admit, promote, report, status
from tests.host.site.world import World
from tests.waiting import HANGS_SECONDS, eventually
from topology.site import SiteName

PORT = 30432
LIMITS = {"eu-west-1": "OWN_SECONDS", "eu-west-2": "PEERS_SECONDS"}
"""How long is waited for each region's copy, as a machine of the primary site sees them."""


@pytest.fixture
def started(world: World) -> World:
    """A machine of the primary site that has just started: k3s may run, nothing was read yet."""
    gate.packet_filter(world.site).close()
    return world


def is_open(world: World) -> bool:
    return not world.packet_filter.closes(PORT)


def look(world: World, *, unconfirmed: bool = False) -> dict[str, object]:
    return admit.run(world.machine, Namespace(watch=False, unconfirmed=unconfirmed))


def lose(world: World, monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    """SSM of one region does not answer."""
    from botocore.exceptions import ConnectTimeoutError

    def no_answer(**_: object) -> None:
        raise ConnectTimeoutError(endpoint_url=f"https://ssm.{region}.amazonaws.com")

    monkeypatch.setattr(world.machine.aws.client("ssm", region), "get_parameter", no_answer)


@contextmanager
def swallowed(
    world: World, monkeypatch: pytest.MonkeyPatch, region: str
) -> Iterator[Callable[[], None]]:
    """SSM of one region takes every call and answers none, until the end of the block.

    What it gives lets later calls be answered.
    """
    over = threading.Event()

    def no_answer(**_: object) -> None:
        from botocore.exceptions import ReadTimeoutError

        assert over.wait(60), "it was waited for"
        raise ReadTimeoutError(endpoint_url=f"https://ssm.{region}.amazonaws.com")

    with monkeypatch.context() as patched:
        patched.setattr(world.machine.aws.client("ssm", region), "get_parameter", no_answer)
        patched.setattr(copies, LIMITS[region], 0)
        try:
            yield patched.undo
        finally:
            over.set()
            eventually(lambda: not _hanging(region))


def _hanging(region: str) -> list[object]:
    return [look for look in copies._looks[region] if not look.done()]


def test_clients_are_let_in_where_nothing_was_ever_promoted(started: World) -> None:
    assert look(started)["clients"] == "let in"
    assert is_open(started)


def test_the_writers_machines_let_clients_in_again_after_a_restart(started: World) -> None:
    started.record(epoch=3, writer="primary")

    look(started)

    assert is_open(started)


def test_a_former_writer_that_comes_back_lets_nobody_in(started: World) -> None:
    started.record("primary", epoch=2, writer="primary")
    started.record("dr", epoch=3, writer="dr")

    assert look(started) == {
        "clients": "kept out",
        "writer": "dr",
        "both_regions_answered": True,
    }
    assert not is_open(started)


def test_a_machine_that_serves_cuts_its_clients_when_the_record_moves(started: World) -> None:
    started.record(epoch=2, writer="primary")
    look(started)

    started.record("dr", epoch=3, writer="dr")
    look(started)

    assert not is_open(started)


def test_a_restart_while_the_other_region_is_away_leaves_the_machine_closed(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.record(epoch=3, writer="primary")
    lose(started, monkeypatch, "eu-west-2")

    look(started)

    assert not is_open(started)


def test_a_machine_that_serves_goes_on_while_both_regions_are_away(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.record(epoch=3, writer="primary")
    look(started)
    for region in ("eu-west-1", "eu-west-2"):
        lose(started, monkeypatch, region)

    look(started)

    assert is_open(started)


def test_a_region_that_swallows_calls_does_not_keep_its_machines_from_the_peers_copy(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.record(epoch=2, writer="primary")
    look(started)

    with swallowed(started, monkeypatch, "eu-west-1"):
        look(started)
        was_open = is_open(started)
        started.record("dr", epoch=3, writer="dr")
        look(started)

        assert was_open
        assert not is_open(started)


def test_a_lost_region_that_swallows_calls_does_not_keep_clients_from_the_survivor(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.record(epoch=3, writer="dr")
    look(started)

    with swallowed(started, monkeypatch, "eu-west-2"):
        started.record("primary", epoch=4, writer="primary")
        look(started)

        assert is_open(started)


@pytest.mark.parametrize("region", LIMITS)
def test_looks_that_hang_keep_no_later_look_waiting(
    started: World, monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    started.record(epoch=2, writer="primary")
    look(started)
    with swallowed(started, monkeypatch, region) as answer_later_looks:
        for _ in range(copies._HANGING - 1):
            look(started)
        answer_later_looks()
        started.record("primary" if region == "eu-west-1" else "dr", epoch=3, writer="dr")

        look(started)

        assert len(_hanging(region)) == copies._HANGING - 1
        assert not is_open(started)


def test_no_more_than_a_handful_of_looks_hang_at_once(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with swallowed(started, monkeypatch, "eu-west-1"):
        for _ in range(copies._HANGING + 3):
            look(started)

        assert len(_hanging("eu-west-1")) == copies._HANGING


def test_a_look_that_hangs_does_not_hold_up_the_end_of_the_program() -> None:
    program = """
from threading import Event
from types import SimpleNamespace
from host.gate import copies
client = SimpleNamespace(get_parameter=lambda **_: Event().wait())
print(copies._begun(client, "record", "eu-west-1", 0.0)().answered)
"""
    command = [sys.executable, "-c", program]

    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=HANGS_SECONDS
    )

    assert done.stdout == "False\n", done.stderr


def test_a_failover_lets_clients_in_while_the_other_region_is_dead(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.record(epoch=3, writer="dr")
    look(started)
    lose(started, monkeypatch, "eu-west-2")
    assert not is_open(started)

    started.record("primary", epoch=4, writer="primary")
    look(started)

    assert is_open(started)


def test_a_lost_region_that_returns_does_not_let_clients_in_by_its_own_old_copy(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.record(epoch=3, writer="primary")
    lose(started, monkeypatch, "eu-west-2")

    for _ in range(3):
        look(started)

    assert not is_open(started)


def test_a_person_lets_clients_in_while_the_other_region_is_away(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.record(epoch=3, writer="primary")
    lose(started, monkeypatch, "eu-west-2")

    look(started, unconfirmed=True)

    assert is_open(started)


def test_a_person_does_not_let_clients_into_a_site_that_the_record_forbids(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.record("primary", epoch=3, writer="dr")
    lose(started, monkeypatch, "eu-west-2")

    with pytest.raises(Refused, match="names dr as the writer; clients stay out"):
        look(started, unconfirmed=True)

    assert not is_open(started)


def test_what_a_machine_has_seen_outlives_its_restart(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.record("dr", epoch=3, writer="dr")
    look(started)
    gate.packet_filter(started.site).open()
    lose(started, monkeypatch, "eu-west-2")

    look(started)

    assert not is_open(started), "its own region has no copy, and the other does not answer"


def test_a_site_says_whether_the_machine_that_answers_lets_clients_in(started: World) -> None:
    def told() -> object:
        return status.run(started.machine, Namespace(state=True))["state"]["clients_admitted"]

    before = told()
    look(started)

    assert before is False
    assert told() is True


def test_a_site_says_which_record_it_has_read_where_the_region_that_holds_it_is_lost(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.record("primary", epoch=1, writer="primary")
    started.record("dr", epoch=1002, writer="dr")
    look(started)
    lose(started, monkeypatch, "eu-west-2")

    state = status.run(started.machine, Namespace(state=True))["state"]

    assert (state["known_epoch"], state["known_writer"]) == (1002, "dr")


def test_a_promotion_says_where_the_gate_is_still_closed_behind_it(
    started: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The write that ends it passes no gate."""
    before = promote._clients(started.site)
    look(started)

    assert before == "kept out"
    assert "still keeps clients out" in caplog.text
    assert promote._clients(started.site) == "let in"


def test_a_promotion_does_not_fail_because_nftables_does_not_say(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> bool:
        raise Failed("nft: no answer")

    monkeypatch.setattr(PacketFilter, "is_open", broken)

    assert promote._clients(started.site) is None


@pytest.mark.parametrize("region", ["primary", "dr"])
@pytest.mark.parametrize("epoch", [3, 4])
def test_a_put_that_lands_late_keeps_no_client_out_of_a_machine_that_starts(
    started: World, region: SiteName, epoch: int
) -> None:
    """A failover was cancelled while its put was on its way; `pgtwin` wrote epoch 4 meanwhile."""
    started.record(epoch=3, writer="primary")
    started.record(epoch=4, writer="primary", token="")
    started.record(region, epoch=epoch, writer="dr")

    assert look(started)["writer"] == "primary"
    assert is_open(started)


def test_a_copy_whose_earlier_version_cannot_be_read_keeps_clients_out_all_the_same(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssm = started.machine.aws.client("ssm", "eu-west-2")
    read = ssm.get_parameter
    started.record(epoch=2, writer="primary")
    look(started)
    started.record("dr", epoch=3, writer="dr")

    def newest_alone(Name: str) -> object:  # noqa: N803 (boto3's)
        return read(Name=Name if ":" not in Name else "/no/such")

    monkeypatch.setattr(ssm, "get_parameter", newest_alone)
    look(started)

    assert not is_open(started)


def test_a_report_keeps_clients_out_before_it_asks_kubernetes(started: World) -> None:
    started.record(epoch=2, writer="primary")
    look(started)
    started.record(epoch=3, writer="dr")
    started.api.faults.api_away(1000)

    report.run(started.machine, Namespace())

    assert not is_open(started)


def test_an_apply_keeps_clients_out_before_it_asks_the_operators_webhook(started: World) -> None:
    started.apply()
    gate.packet_filter(started.site).open()
    started.record(epoch=3, writer="dr")
    out: list[bool] = []
    started.clock.at(1, lambda: out.append(not is_open(started)))
    started.clock.at(1, started.api.faults.clear)
    started.api.faults.webhook_away(1000)

    started.apply()

    assert out == [True], "while the fence was still being refused"
    annotations = started.cluster()["metadata"]["annotations"]
    assert json.loads(annotations["cnpg.io/fencedInstances"]) == ["*"]


@pytest.mark.parametrize("text", ["{}", "[" * 4000, '{"epoch": "9", "writer": "dr"}', "null"])
def test_a_record_that_cannot_be_read_opens_nothing_and_ends_nothing(
    started: World, text: str
) -> None:
    started.put_parameter(started.topology.names.record_parameter(), text, "primary")

    assert look(started)["writer"] is None
    assert not is_open(started)

    started.record("dr", epoch=3, writer="dr")
    assert look(started)["writer"] == "dr"
