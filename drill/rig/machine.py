"""Switching a machine of the rig on and off, and running commands on it.

Always true: the state is the kernel's and the disks', never this object's. Two processes may hold a
`RigMachine` of the same machine, and a new one finds what an older one started.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from drill.rig import cgroups, network
from drill.rig.inside.machine_spec import MachineSpec
from drill.rig.name import RigName
from drill.rig.process_id import ProcessId

_SPEC = "spec.json"
_REPOSITORY = Path(__file__).parents[2]
_ENTER = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")


class RigMachine:
    """One machine, on or off."""

    def __init__(self, spec: MachineSpec) -> None:
        self.spec = spec

    @property
    def name(self) -> str:
        """Unique within the rig."""
        return self.folder.name

    @property
    def folder(self) -> Path:
        """Its root disk, logs and description."""
        return Path(self.spec.folder)

    @property
    def is_on(self) -> bool:
        """Whether its process 1 lives."""
        found = ProcessId.read(self.spec.pid_file)
        return found is not None and found.lives

    def power_on(self) -> None:
        """Start process 1; does nothing while it lives.

        Raises:
            RuntimeError: when the machine cannot be made; nothing of it runs then.
        """
        if self.is_on:
            return
        self.power_off()
        self.folder.mkdir(parents=True, exist_ok=True)
        network.plug_in(self.spec.namespace, self.spec.wiring)
        cgroups.make(self.spec.cgroup)
        done = subprocess.run(
            [sys.executable, "-m", "drill.rig.inside.launch", self.spec.to_json()],
            cwd=_REPOSITORY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            self.power_off()
            raise RuntimeError(done.stderr.strip())

    def power_off(self) -> None:
        """A power cut: every process ends at once, without a signal to act on; disks stay.

        The cable goes first: a connection of a machine without power is not closed, it is silent.
        """
        network.pull_out(self.spec.namespace, self.spec.wiring)
        found = ProcessId.read(self.spec.pid_file)
        if found:
            found.kill()
        cgroups.end(self.spec.cgroup)
        cgroups.remove(self.spec.cgroup)
        network.remove(self.spec.namespace)
        self.spec.pid_file.unlink(missing_ok=True)

    def run(
        self, argv: Sequence[str], *, stdin: str = "", timeout_seconds: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the machine, as whoever logs in there would.

        Raises:
            MachineIsOff: when there is nothing to run it on.
        """
        return subprocess.run(
            self.command(argv),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )

    def command(self, argv: Sequence[str]) -> list[str]:
        """The command line that runs `argv` on the machine."""
        found = ProcessId.read(self.spec.pid_file)
        if found is None or not found.lives:
            raise MachineIsOff(f"{self.name} is off")
        environment = [f"{key}={value}" for key, value in self.spec.environment.items()]
        # In the machine's pid namespace, so that a power cut ends this as well.
        enter = ["nsenter", "--target", str(found.pid), *_ENTER, "--"]
        return [*enter, "env", "-i", *environment, *argv]


class MachineIsOff(Exception):  # noqa: N818 (what is the matter)
    """A command for a machine without power."""


def machines_of(name: RigName) -> Sequence[RigMachine]:
    """Every machine of a rig as its state folder has them, for whoever did not make them."""
    files = sorted((name.state / "machines").glob(f"*/{_SPEC}"))
    return [RigMachine(MachineSpec.of_json(file.read_text(encoding="utf-8"))) for file in files]


def write_down(machine: RigMachine) -> None:
    """Let others find it."""
    file = machine.folder / _SPEC
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(machine.spec.to_json(), encoding="utf-8")
