"""What every real site has in common: all that is asked and done through its Kubernetes API."""

from drill.ground_site import NoAnswer
from drill.grounds.kubectl import Kubectl, KubectlObjects
from drill.grounds.pod_databases import CONTAINER, PodDatabases
from drill.grounds.sidecar import CONTAINER as SIDECAR
from drill.grounds.sidecar import Sidecar
from topology.site import SiteName
from topology.topology import Topology

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
    """Everything but the power of its machines and the host program on them."""

    def __init__(self, *, name: SiteName, topology: Topology, kubectl: Kubectl) -> None:
        self.name: SiteName = name
        self.cluster = topology.site(name).cluster
        self.kubectl = kubectl
        self.objects = KubectlObjects(kubectl)
        self.databases = PodDatabases(
            kubectl, cluster=self.cluster, database=topology.database.name
        )
        self._sidecar = Sidecar(kubectl, cluster=self.cluster)

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
