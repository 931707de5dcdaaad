"""What systemd of an emulated machine starts by itself when the power comes back."""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from drill.sites.control_plane import ControlPlane
from drill.sites.disks import Disks
from drill.sites.k3s_service import K3sService
from drill.sites.packet_filter import PacketFilter
from drill.sites.systemd import Systemd
from host.setup.installation import installed_files

PORT = 30432
UNITS = ("pgtwin-gate.service", "pgtwin-admit.service")


class Spawned:
    """Stands for the host program: waits until it is killed."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []

    def __call__(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        self.commands.append(list(arguments))
        return subprocess.Popen(["sleep", "60"], text=True, start_new_session=True)


@pytest.fixture
def packet_filter(tmp_path: Path) -> PacketFilter:
    return PacketFilter(tmp_path)


@pytest.fixture
def spawned() -> Spawned:
    return Spawned()


@pytest.fixture
def systemd(tmp_path: Path, packet_filter: PacketFilter, spawned: Spawned) -> Iterator[Systemd]:
    """A machine with the project's own units."""
    for path, (text, _) in installed_files(PORT).items():
        file = tmp_path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    disks = Disks(root=tmp_path, attached=lambda: ())
    control_plane = ControlPlane()
    k3s = K3sService(
        root=tmp_path,
        control_plane=control_plane,
        is_mounted=disks.is_mounted,
        kernel_settings=set,
    )
    made = Systemd(root=tmp_path, disks=disks, k3s=k3s, packet_filter=packet_filter, spawn=spawned)
    yield made
    made.power_off()
    control_plane.close()


def test_a_machine_that_comes_back_is_closed_before_anything_else_of_ours_runs(
    systemd: Systemd, packet_filter: PacketFilter, spawned: Spawned
) -> None:
    for unit in UNITS:
        systemd.programs["systemctl"](["enable", "--now", unit])
    packet_filter.forget()  # the record was read, and the gate opened

    systemd.power_off()
    systemd.power_on()

    assert packet_filter.closes(PORT)
    assert spawned.commands == [["admit", "--watch"]] * 2


def test_enabling_the_gate_again_leaves_an_open_gate_open(
    systemd: Systemd, packet_filter: PacketFilter
) -> None:
    systemd.programs["systemctl"](["enable", "--now", UNITS[0]])
    packet_filter.forget()

    systemd.programs["systemctl"](["enable", "--now", UNITS[0]])

    assert not packet_filter.closes(PORT)


def test_whatever_of_ours_stays_and_watches_comes_back_with_the_machine(
    systemd: Systemd, spawned: Spawned, tmp_path: Path
) -> None:
    unit = tmp_path / "etc/systemd/system/pgtwin-look.service"
    unit.write_text("[Service]\nType=exec\nExecStart=/usr/local/bin/pgtwin-host look --watch\n")
    call = systemd.programs["systemctl"]
    for each in (UNITS[1], "pgtwin-look.service", "pgtwin-report.service"):
        call(["enable", "--now", each])

    systemd.power_off()
    systemd.power_on()

    assert spawned.commands == [["admit", "--watch"], ["look", "--watch"]] * 2
    call(["disable", "--now", "pgtwin-look.service"])
    assert call(["is-active", "pgtwin-look.service"]).exit_code
    systemd.power_on()
    assert len(spawned.commands) == 4


def test_k3s_is_started_only_where_the_asserts_of_its_unit_hold(
    systemd: Systemd, tmp_path: Path
) -> None:
    unit = tmp_path / "etc/systemd/system/k3s.service"
    unit.write_text(
        "AssertPathExists=|/data/wal\nAssertPathExists=|/run/allowed\nAssertPathExists=!/data/half\n"
    )
    start = systemd.programs["systemctl"]

    def refused(*there: str) -> bool:
        for name in ("data/wal", "run/allowed", "data/half"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).unlink(missing_ok=True)
        for name in there:
            (tmp_path / name).touch()
        systemd.k3s.log.clear()
        start(["start", "k3s.service"])
        systemd.k3s.stop()
        return any("for k3s.service: Assert" in line for line in systemd.k3s.log)

    assert refused()
    assert not refused("data/wal")
    assert not refused("run/allowed")
    assert refused("data/wal", "data/half")
