"""The machines of a system's site, booted by their own user-data; k3s and operator are doubles."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Self

import yaml

from drill import k3s_mirror
from drill.ground_site import Ran
from drill.host_gateway import HostGateway
from drill.life.scenario import must
from drill.life.system import System
from drill.operator.scripted.operator import ScriptedOperator
from drill.rehearsed_configuration import placeholder
from drill.sites.machine import Machine
from drill.sites.site import EmbeddedSite
from topology.load import load

MIRROR = "life-k3s-mirror"
_MARK = "life-of-the-datastore"


class RunningSite:
    """From entry to exit; the system has to be deployed with `served_by_a_mirror` before."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.site = EmbeddedSite(
            aws=system.aws,
            name=system.site,
            region=system.region,
            work=system.work / "machines",
            system=system.name,
        )
        self._operator = ScriptedOperator(api=self.site.api, s3=self.site.pod_client("s3"))
        self._gone: set[str] = set()
        self._gateway = HostGateway({system.site: self._run})
        system.host_command = self._gateway.command

    def __enter__(self) -> Self:
        self._operator.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gateway.close()
        self._operator.stop()
        self.site.close()

    def boot(self, *, again: Collection[str] = ()) -> None:
        """Boot every machine, and leave a mark in each datastore and on each data volume.

        What booted and failed boots again by its unit.
        """
        for node, ran in self.site.boot_all(again=again).items():
            must(ran.exit_code == 0, f"{node} did not boot: {ran.stdout[-500:]}")
        for machine in self.site.machines.values():
            self._mark(machine).write_text(machine.node, encoding="utf-8")

    def lose(self, node: str) -> None:
        """A machine is gone for good, with everything but its data volume."""
        self._gone.add(node)
        self.site.lose(node)

    def come_back(self, node: str) -> Machine:
        """Boot the machine that was made in the place of a lost one."""
        machine = self.site.made_anew(node)
        ran = machine.boot()
        must(ran.exit_code == 0, f"{node} did not come back: {ran.stdout[-500:]}")
        self._gone.discard(node)
        return machine

    def lost_marks(self) -> int:
        """How many machines have not the data that they had."""
        return sum(not self._mark(machine).exists() for machine in self.site.machines.values())

    def is_ready(self) -> bool:
        """Whether every promise behind "deployed" holds."""
        return self.site.machines["server-1"].run("ready").exit_code == 0

    def addresses(self) -> dict[str, str]:
        """Each node's own address as Kubernetes has it."""
        return {
            node["metadata"]["name"]: node["status"]["addresses"][0]["address"]
            for node in self.site.api.list("nodes")
        }

    def _run(self, arguments: Sequence[str]) -> Ran | None:
        if "server-1" in self._gone:
            return None
        return self.site.machines["server-1"].run(*arguments)

    def _mark(self, machine: Machine) -> Path:
        content = machine.volume().content
        etcd = content / "k3s/server/db/etcd"
        return (etcd if etcd.is_dir() else content) / _MARK


def served_by_a_mirror(system: System) -> None:
    """Let the machines fetch a placeholder of k3s from a bucket of the system's region."""
    document = yaml.safe_load(system.config.read_text(encoding="utf-8"))
    binary = placeholder(load(system.config).versions.k3s.version)
    bucket = f"{MIRROR}-{system.name}"
    k3s_mirror.point_to(bucket, binary, document)
    system.config.write_text(yaml.safe_dump(document), encoding="utf-8")
    k3s_mirror.fill(bucket, binary, s3=system.client("s3"), region=system.region)
