"""One region of the drill: its deployed machines, and the operator that runs PostgreSQL on them."""

import contextlib
import logging
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from drill.aws.embedded_aws import EmbeddedAws
from drill.ground_site import Address, Ran
from drill.grounds.embedded_databases import EmbeddedDatabases
from drill.instance_power import InstancePower
from drill.kubernetes.cluster_api import ClusterApi
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.instance import Instance
from drill.operator.operator import Operator
from drill.operator.processes import Processes
from drill.operator.reaper import processes_in
from drill.sites.database_machines import SiteMachines
from drill.sites.site import EmbeddedSite
from topology.names import POSTGRES_NAMESPACE
from topology.site import Site, SiteName

REPORT_SECONDS = 60.0
"""How often the host program's timer runs `report` on a machine."""
_log = logging.getLogger(__name__)


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
        route: Callable[[str], int | None],
    ) -> None:
        """`route` is the way to a host of the other region; None where there is none."""
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
            machines=SiteMachines(self.embedded, route),
            directory=processes.directory / "databases" / name,
            sockets=sockets,
            processes=processes,
        )
        self.databases = EmbeddedDatabases(
            leader=self.leader, cluster=site.cluster, database=database
        )
        self.powered = True
        self._works = threading.Event()
        self._works.set()
        self._closing = threading.Event()
        self._power = InstancePower(
            ec2=aws.client("ec2", self.region),
            instances=[machine.instance_id for machine in self.embedded.machines.values()],
            off=self._stopped,
            on=self._started,
        )
        self._reporting = threading.Thread(target=self._report, daemon=True)

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
        self._power.start()
        self._reporting.start()
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
        return Address(host="127.0.0.1", port=controller.service.port)

    def power_off(self, machine: str | None = None) -> None:
        """Every machine of the site loses power: SIGKILL, no checkpoint, no API."""
        _refuse(machine)
        self.powered = False
        self._works.set()
        self.embedded.api.faults.api_away(math.inf)
        self.operator.kill()
        for each in self.embedded.machines.values():
            each.power_off()

    def power_on(self, machine: str | None = None) -> None:
        """The machines come back by themselves, with everything that their disks hold."""
        _refuse(machine)
        for each in self.embedded.machines.values():
            each.power_on()
        self.embedded.api.faults.clear()
        self.powered = True
        self.operator.start()
        threading.Thread(target=self._run, args=("boot",), daemon=True).start()

    def hang(self) -> None:
        """Its machines answer and do no work until `work_again`: PostgreSQL stops where it is, and
        a verb is taken and not worked on.
        """
        self._works.clear()
        self._signal(signal.SIGSTOP)

    def work_again(self) -> None:
        """What a loss of power has not ended meanwhile goes on where it was."""
        self._signal(signal.SIGCONT)
        self._works.set()

    def run_verb(self, arguments: Sequence[str]) -> Ran | None:
        """What the host program says on server-1; None without power."""
        self._works.wait()
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
        self._power.stop()
        if self._reporting.is_alive():
            self._reporting.join(30)
        self.operator.kill()
        self.embedded.close()

    def _signal(self, number: signal.Signals) -> None:
        for pid in processes_in(self.operator.directory):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _stopped(self) -> None:
        if self.powered:
            self.power_off()

    def _started(self) -> None:
        if not self.powered:
            self.power_on()

    def _report(self) -> None:
        """The timer of the host program: heartbeat and metrics, once a minute."""
        while not self._closing.wait(REPORT_SECONDS):
            if self.powered:
                self._run("report")

    def _run(self, verb: str) -> None:
        ran = self.embedded.machines["server-1"].run(verb)
        _log.info("%s on %s: exit code %s: %s", verb, self.name, ran.exit_code, ran.stderr)


def _refuse(machine: str | None) -> None:
    if machine is not None:
        raise NotImplementedError(f"{machine} alone: the machines here share one control plane")


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
