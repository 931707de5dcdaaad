"""One region of the drill: its deployed machines, and the operator that runs PostgreSQL on them."""

import contextlib
import logging
import math
import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from drill.aws.embedded_aws import EmbeddedAws
from drill.ground import Address, Ran
from drill.grounds.embedded_databases import EmbeddedDatabases
from drill.kubernetes.cluster_api import ClusterApi
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.instance import Instance
from drill.operator.operator import Operator
from drill.operator.processes import Processes
from drill.operator.reaper import processes_in
from drill.sites.site import EmbeddedSite
from topology.names import POSTGRES_NAMESPACE
from topology.site import Site, SiteName

WATCH_SECONDS = 1.0
REPORT_SECONDS = 60.0
"""How often the host program's timer runs `report` on a machine."""
_log = logging.getLogger(__name__)
_OFF = ("stopping", "stopped", "shutting-down", "terminated")


class DrillSite:
    """Follows its instances' power: stopped in EC2 means killed here, started means booted."""

    def __init__(
        self,
        *,
        aws: EmbeddedAws,
        name: SiteName,
        site: Site,
        database: str,
        work: Path,
        sockets: Path,
        processes: Processes,
    ) -> None:
        self.name: SiteName = name
        self.region = site.region
        self.cluster = site.cluster
        self.embedded = EmbeddedSite(
            aws=aws,
            name=name,
            region=site.region,
            work=work / "machines",
            start=processes.warm,
        )
        self.operator = Operator(
            api=self.embedded.api,
            namespace=POSTGRES_NAMESPACE,
            machines=_Machines(self.embedded),
            directory=processes.directory / "databases" / name,
            sockets=sockets,
            processes=processes,
        )
        self.databases = EmbeddedDatabases(
            leader=self.leader, cluster=site.cluster, database=database
        )
        self.powered = True
        self._aws = aws
        self._stopped = False
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._follow_power, daemon=True),
            threading.Thread(target=self._report, daemon=True),
        ]

    def start(self) -> float:
        """Boot every machine until the site is ready; how many seconds that took.

        Raises:
            RuntimeError: with what the host program said.
        """
        began = time.monotonic()
        self.operator.start()
        for node, ran in self.embedded.boot_all().items():
            if ran.exit_code:
                raise RuntimeError(f"{self.name} {node} did not boot:\n{ran.stdout[-3000:]}")
        for thread in self._threads:
            thread.start()
        return time.monotonic() - began

    @property
    def objects(self) -> ClusterApi:
        """The Kubernetes objects."""
        return self.embedded.api

    def leader(self, cluster: str = "") -> Instance | None:
        """The instance that leads a Cluster of this site; None while there is none."""
        controller = self.operator.controller(cluster or self.cluster)
        return controller.primary if controller else None

    def spec(self) -> ClusterSpec | None:
        """What the site's Cluster asks for; None until the operator has read it."""
        controller = self.operator.controller(self.cluster)
        return controller.spec if controller else None

    def balancer(self) -> Address | None:
        """Where the site's load balancer leads; None while nothing answers there."""
        controller = self.operator.controller(self.cluster)
        if controller is None or controller.service is None:
            return None
        return Address(host="127.0.0.1", port=controller.service.port, ca=controller.ca)

    def power_off(self, machine: str | None = None) -> None:
        """Every machine of the site loses power: SIGKILL, no checkpoint, no API."""
        _refuse(machine)
        self.powered = False
        self.embedded.api.faults.api_away(math.inf)
        self.operator.kill()

    def power_on(self, machine: str | None = None) -> None:
        """The machines come back by themselves, with everything that their disks hold."""
        _refuse(machine)
        self.embedded.api.faults.clear()
        self.powered = True
        self.operator.start()
        threading.Thread(target=self._run, args=("boot",), daemon=True).start()

    def run_verb(self, arguments: Sequence[str]) -> Ran | None:
        """What the host program says on server-1; None without power."""
        return self.embedded.machines["server-1"].run(*arguments) if self.powered else None

    def processor_seconds(self) -> float:
        """Not measured here."""
        raise NotImplementedError("WAL commands start from a warm Python here")

    def kill_backups(self) -> int:
        """Kill each `barman-cloud-backup` of the site."""
        running = [
            pid
            for pid in processes_in(self.operator.directory)
            if b"barman-cloud-backup" in _command(pid)
        ]
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(running)

    def enforce_retention(self) -> None:
        """Apply the retention policy now."""
        self.operator.backups.enforce_retention(self.cluster)

    def close(self) -> None:
        """Switch everything off for good."""
        self._closing.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(30)
        self.operator.kill()
        self.embedded.close()

    def _follow_power(self) -> None:
        ec2 = self._aws.client("ec2", self.region)
        ids = [machine.instance_id for machine in self.embedded.machines.values()]
        while not self._closing.wait(WATCH_SECONDS):
            try:
                found = ec2.describe_instances(InstanceIds=ids)["Reservations"]
            except Exception:  # noqa: S112 (the region is cut off: nobody can switch it)
                continue
            states = [each["State"]["Name"] for group in found for each in group["Instances"]]
            stopped = any(state in _OFF for state in states)
            if stopped and self.powered:
                self.power_off()
            elif self._stopped and not stopped and not self.powered:
                self.power_on()
            self._stopped = stopped

    def _report(self) -> None:
        """The timer of the host program: heartbeat and metrics, once a minute."""
        while not self._closing.wait(REPORT_SECONDS):
            if self.powered:
                self._run("report")

    def _run(self, verb: str) -> None:
        ran = self.embedded.machines["server-1"].run(verb)
        _log.info("%s on %s: exit code %s: %s", verb, self.name, ran.exit_code, ran.stderr)


class _Machines:
    """The site's machines as the operator's Machines."""

    def __init__(self, site: EmbeddedSite) -> None:
        self._site = site

    @property
    def database_nodes(self) -> Sequence[str]:
        """Agents where there are any, else the servers."""
        nodes = sorted(self._site.machines)
        agents = [
            node for node in nodes if self._site.machines[node].tags["pgtwin:role"] == "agent"
        ]
        return agents or nodes

    def environment(self, node: str) -> Mapping[str, str]:
        """The region's endpoint and the machine's metadata service."""
        environment: Mapping[str, Any] = self._site.machines[node].environment
        wanted = ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_SERVICE_ENDPOINT")
        return {key: str(environment[key]) for key in wanted}


def _refuse(machine: str | None) -> None:
    if machine is not None:
        raise NotImplementedError(f"{machine} alone: the machines here share one control plane")


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
