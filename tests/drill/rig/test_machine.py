"""Real namespaces, a process 1 that does nothing."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from drill.rig import addresses, remains
from drill.rig.cuts import UNLINKED, Cuts, How
from drill.rig.machine import MachineIsOff, RigMachine
from drill.rig.name import RigName
from tests.drill.rig.conftest import ADDRESSES, ROOT, VPCS, machine, wire

CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 9), timeout=2)
    print("accepted")
except TimeoutError:
    print("swallowed")
except ConnectionRefusedError:
    print("refused")
except OSError as error:
    print(error.strerror)
"""


def _connect(source: RigMachine, address: object) -> str:
    return source.run([sys.executable, "-c", CONNECT, str(address)]).stdout.strip()


def test_disks_outlive_a_power_cut_and_processes_do_not(rig_name: RigName) -> None:
    wire(rig_name)
    server = machine(rig_name, "primary")
    server.power_on()
    server.run(["sh", "-c", "echo kept > /volumes/vol-1/file; echo kept > /etc/marker"])
    server.run(["sh", "-c", "sleep 600 >/dev/null 2>&1 & echo 7 > /proc/sys/vm/overcommit_memory"])

    server.power_off()
    with pytest.raises(MachineIsOff, match="is off"):
        server.run(["true"])
    server.power_on()

    files = ["/volumes/vol-1/file", "/etc/marker", "/proc/sys/vm/overcommit_memory"]
    assert server.run(["cat", *files]).stdout.split() == ["kept", "kept", "7"]
    commands = server.run(["sh", "-c", "cat /proc/[0-9]*/comm"]).stdout.split()
    assert commands.count("sleep") == 1
    assert Path("/proc/sys/vm/overcommit_memory").read_text().strip() != "7"
    assert not Path("/etc/marker").exists()


@pytest.mark.parametrize(
    ("how", "seen"), [("reject", "Network is unreachable"), ("drop", "swallowed")]
)
def test_a_cut_between_sites_is_what_it_says_and_heals(
    rig_name: RigName, how: How, seen: str
) -> None:
    wire(rig_name)
    primary, dr = machine(rig_name, "primary"), machine(rig_name, "dr")
    primary.power_on()
    dr.power_on()
    cuts = Cuts(rig_name)
    assert _connect(dr, ADDRESSES["primary"]) == "refused"

    cuts.cut(VPCS["primary"], VPCS["dr"], how)
    assert _connect(dr, ADDRESSES["primary"]) == seen

    cuts.heal()
    assert _connect(dr, ADDRESSES["primary"]) == "refused"


def test_a_path_that_was_never_made_swallows_and_a_cut_that_heals_does_not_make_it(
    rig_name: RigName,
) -> None:
    wire(rig_name)
    balancer = addresses.balancer(VPCS["primary"])
    dr = machine(rig_name, "dr")
    dr.power_on()
    unlinked = Cuts(rig_name, preference=UNLINKED)
    unlinked.cut(VPCS["primary"], VPCS["dr"], "drop")
    cuts = Cuts(rig_name)
    cuts.cut(VPCS["primary"], VPCS["dr"], "reject")

    cuts.heal()
    assert _connect(dr, balancer) == "swallowed"

    unlinked.heal()
    assert _connect(dr, balancer) == "refused"


def test_a_machine_without_power_is_silent_to_its_peers_and_to_the_router(
    rig_name: RigName,
) -> None:
    wire(rig_name)
    primary, dr = machine(rig_name, "primary"), machine(rig_name, "dr")
    primary.power_on()
    dr.power_on()

    primary.power_off()
    assert _connect(dr, ADDRESSES["primary"]) == "swallowed"

    primary.power_on()
    assert _connect(dr, ADDRESSES["primary"]) == "refused"


def test_nothing_leaves_a_rig(rig_name: RigName) -> None:
    wire(rig_name)
    server = machine(rig_name, "primary")
    server.power_on()

    assert _connect(server, "192.0.2.1") == "No route to host"


def test_a_machine_that_cannot_start_says_why_and_leaves_no_process(rig_name: RigName) -> None:
    wire(rig_name)
    server = machine(rig_name, "primary", program=("/no/such/program",))

    with pytest.raises(RuntimeError, match="No such file or directory"):
        server.power_on()
    assert not any(found.startswith("process") for found in remains.find(rig_name))


DRIVER = """
import sys
sys.path.insert(0, {root!r})
from tests.drill.rig.conftest import machine, wire
from drill.rig.name import RigName
name = RigName(run=sys.argv[1])
print("begun", flush=True)
wire(name)
for site in ("primary", "dr"):
    machine(name, site).power_on()
"""


@pytest.mark.parametrize("seconds", [0.1, 0.25, 0.45, 0.8])
def test_a_driver_that_is_killed_at_any_time_leaves_nothing_after_removal(
    rig_name: RigName, seconds: float
) -> None:
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER.format(root=str(ROOT)), rig_name.run], stdout=subprocess.PIPE
    )
    assert driver.stdout
    driver.stdout.readline()
    time.sleep(seconds)  # the moment is what the test is about
    driver.kill()
    driver.wait()

    remains.remove(rig_name)

    assert remains.find(rig_name) == []
