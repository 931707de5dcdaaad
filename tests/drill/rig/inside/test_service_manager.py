"""The stand-in for systemd on a real machine of the rig, with units of the test's own."""

import sys
import time
from collections.abc import Callable

import pytest

from drill.rig import root_disk
from drill.rig.inside import init, systemd
from drill.rig.machine import RigMachine
from drill.rig.name import RigName
from tests.drill.rig.conftest import machine, wire

PATIENCE_SECONDS = 60.0
USER_DATA = b"#!/bin/bash\necho first >> /var/lib/runs\nsystemctl enable kept.service\n"
KEPT = """\
[Service]
Type=exec
ExecStart=/bin/sh -c 'echo started >> /var/lib/kept; exec sleep 600'
Restart=always
RestartSec=1s

[Install]
WantedBy=multi-user.target
"""


@pytest.fixture
def server(rig_name: RigName) -> RigMachine:
    wire(rig_name)
    manager = (sys.executable, "-S", "-E", init.__file__)
    made = machine(
        rig_name, "primary", program=(*manager, sys.executable, "-S", "-E", systemd.__file__)
    )
    root_disk.prepare(
        made.spec.root_disk, hostname="server-1", user_data=USER_DATA, resolver="::1", hosts={}
    )
    unit = made.spec.root_disk / "upper/etc/systemd/system/kept.service"
    unit.parent.mkdir(parents=True)
    unit.write_text(KEPT)
    return made


def _await(server: RigMachine, file: str, text: str) -> None:
    path = server.spec.root_disk / "upper" / file.lstrip("/")
    _until(lambda: path.exists() and path.read_text() == text, f"{file} to be {text!r}")


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"timed out waiting for {what}"
        time.sleep(0.1)


def _systemctl(server: RigMachine, *arguments: str) -> int:
    return server.run(["/usr/local/sbin/systemctl", *arguments]).returncode


def test_user_data_runs_once_and_what_it_enables_starts_at_every_boot(server: RigMachine) -> None:
    server.power_on()
    _await(server, "/var/lib/runs", "first\n")
    wanted = "upper/etc/systemd/system/multi-user.target.wants/kept.service"
    _until((server.spec.root_disk / wanted).is_symlink, wanted)

    server.power_off()
    server.power_on()

    _await(server, "/var/lib/kept", "started\n")
    assert _systemctl(server, "is-active", "kept.service") == 0
    assert (server.spec.root_disk / "upper/var/lib/runs").read_text() == "first\n"


def test_a_program_that_ends_is_started_again_and_a_stopped_one_is_not(server: RigMachine) -> None:
    server.power_on()
    _await(server, "/var/lib/runs", "first\n")
    assert _systemctl(server, "start", "kept.service") == 0

    server.run(["sh", "-c", "kill $(pidof sleep)"])
    _await(server, "/var/lib/kept", "started\nstarted\n")

    assert _systemctl(server, "stop", "kept.service") == 0
    assert _systemctl(server, "is-active", "kept.service") == 3


def test_a_unit_that_is_not_there_cannot_be_started(server: RigMachine) -> None:
    server.power_on()
    _await(server, "/var/lib/runs", "first\n")

    assert _systemctl(server, "start", "nothing.service") == 5


def test_the_data_volume_is_found_formatted_once_and_mounted(server: RigMachine) -> None:
    server.power_on()
    _await(server, "/var/lib/runs", "first\n")
    device = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol1"
    assert server.run(["blkid", "--probe", device]).returncode == 2

    assert server.run(["mkfs.xfs", "-L", "pgtwin-data", device]).returncode == 0

    assert "LABEL=pgtwin-data" in server.run(["blkid", "--probe", device]).stdout
    again = server.run(["mkfs.xfs", "-L", "pgtwin-data", device])
    assert again.returncode == 1
    assert "existing filesystem" in again.stderr
