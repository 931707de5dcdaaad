"""The emulated nft keeps what the host program's own rules say."""

from pathlib import Path

import pytest

from drill.sites.packet_filter import PacketFilter
from host.gate.packet_filter import CLOSED, OPEN, rules


@pytest.fixture
def nft(tmp_path: Path) -> PacketFilter:
    for path, text in rules(30432).items():
        file = tmp_path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return PacketFilter(tmp_path)


def test_the_closed_rules_close_the_clients_port_and_no_other(nft: PacketFilter) -> None:
    nft.nft(["-f", CLOSED])

    assert nft.closes(30432)
    assert not nft.closes(5432)


def test_the_open_rules_leave_nothing_behind(nft: PacketFilter) -> None:
    nft.nft(["-f", CLOSED])
    nft.nft(["-f", OPEN])

    assert not nft.closes(30432)
    assert '"pgtwin"' not in nft.nft(["-j", "list", "tables"]).stdout


def test_rules_are_gone_after_a_power_cut(nft: PacketFilter) -> None:
    nft.nft(["-f", CLOSED])
    nft.forget()

    assert not nft.closes(30432)
