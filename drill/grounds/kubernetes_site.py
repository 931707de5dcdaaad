"""What every real site has in common: all that is asked and done through its Kubernetes API."""

import base64
import threading
import time
from pathlib import Path

from drill.ground_site import NoAnswer
from drill.grounds.kubectl import Kubectl, KubectlObjects
from drill.grounds.pod_databases import CONTAINER, PodDatabases
from drill.grounds.sidecar import CONTAINER as SIDECAR
from drill.grounds.sidecar import Sidecar
from topology.site import SiteName
from topology.topology import Topology

CA_SECONDS = 5.0
"""A cluster that is cloned anew has a new authority; clients look at most this often."""
_USAGE = ("/sys/fs/cgroup/cpu.stat", "/sys/fs/cgroup/cpuacct/cpuacct.usage")
"""A container sees its own control group as the root: version 2, else version 1."""
_READ = {
    CONTAINER: ["bash", "-c", f"cat {_USAGE[0]} 2>/dev/null || cat {_USAGE[1]}"],
    SIDECAR: [
        "python3",
        "-c",
        "import os; print(open(next(filter(os.path.exists, " + repr(_USAGE) + "))).read())",
    ],
}
"""The sidecar has no shell, and PostgreSQL's image no Python."""


def processor_seconds(usage: str) -> float:
    """The processor time that a control group tells: microseconds by name, or nanoseconds alone.

    Raises:
        ValueError: when it tells neither.
    """
    fields = dict(line.split() for line in usage.splitlines() if len(line.split()) == 2)  # noqa: PLR2004
    if "usage_usec" in fields:
        return int(fields["usage_usec"]) / 1e6
    return int(usage) / 1e9


class KubernetesSite:
    """`work` is where certificates are kept for clients."""

    def __init__(self, *, name: SiteName, topology: Topology, kubectl: Kubectl, work: Path) -> None:
        self.name: SiteName = name
        self.cluster = topology.site(name).cluster
        self.kubectl = kubectl
        self.objects = KubectlObjects(kubectl)
        self.databases = PodDatabases(
            kubectl, cluster=self.cluster, database=topology.database.name
        )
        self._sidecar = Sidecar(kubectl, cluster=self.cluster)
        self._ca = work / f"ca-{name}.crt"
        self._ca_read_at = 0.0
        self._lock = threading.Lock()

    def ca(self) -> Path | None:
        """The authority that clients of the database trust; None before it was ever read."""
        with self._lock:
            if time.monotonic() - self._ca_read_at > CA_SECONDS:
                self._read_ca()
                self._ca_read_at = time.monotonic()
            return self._ca if self._ca.exists() else None

    def kill_backups(self) -> int:
        """Kill each base backup that is under way."""
        return self._sidecar.kill_backups()

    def enforce_retention(self) -> None:
        """Let the plugin apply its retention policy now."""
        self._sidecar.enforce_retention()

    def processor_seconds(self) -> float:
        """Of the PostgreSQL and the sidecar container of the instance that leads."""
        pod = self.databases.leader(self.cluster)
        return sum(self._processor_seconds(pod, each) for each in _READ)

    def close(self) -> None:
        """End what is open."""
        self.databases.close()

    def _processor_seconds(self, pod: str, container: str) -> float:
        ran = self.kubectl.execute(pod, container, _READ[container])
        if ran.exit_code:
            raise NoAnswer(f"{pod} {container}: {ran.stderr.strip()}")
        return processor_seconds(ran.stdout)

    def _read_ca(self) -> None:
        secret = self.objects.get("Secret", f"{self.cluster}-ca")
        if secret:
            self._ca.write_bytes(base64.b64decode(secret["data"]["ca.crt"]))
