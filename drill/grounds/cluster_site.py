"""One site on a cluster that a user brings."""

import socket
import threading
from collections.abc import Sequence

from drill.ground_site import Address, Ran
from drill.grounds.host_seat import HostSeat
from drill.grounds.kubectl import Kubectl
from drill.grounds.kubernetes_site import KubernetesSite
from topology.names import WRITER_NODE_PORT
from topology.site import SiteName
from topology.topology import Topology

READY_SECONDS = 1800.0
_CONNECT_SECONDS = 1.0


class ClusterSite(KubernetesSite):
    """Its machines are somebody else's: they always have power, as far as the drill knows."""

    powered = True

    def __init__(
        self, *, name: SiteName, topology: Topology, seat: HostSeat, kubectl: Kubectl
    ) -> None:
        super().__init__(name=name, topology=topology, kubectl=kubectl)
        self._seat = seat
        self._started = threading.Event()
        self._problem: Exception | None = None

    def start(self) -> None:
        """Bring the site up; `await_ready` tells how it ended."""
        try:
            self._seat.start()
        except Exception as error:
            self._problem = error
        self._started.set()

    def await_ready(self) -> None:
        """Wait until the site is ready.

        Raises:
            RuntimeError: when it is not; with what the host program said.
        """
        if not self._started.wait(READY_SECONDS) or self._problem:
            raise RuntimeError(f"{self.name} is not ready: {self._problem or 'no end in sight'}")

    def balancer(self) -> Address | None:
        """The node port of the first database node that takes a connection."""
        for host in self._addresses():
            if _answers(host):
                return Address(host=host, port=WRITER_NODE_PORT)
        return None

    def power_off(self, machine: str | None = None) -> None:
        """Not here."""
        raise NotImplementedError("nobody here has power over the machines")

    def power_on(self, machine: str | None = None) -> None:
        """Not here."""
        raise NotImplementedError("nobody here has power over the machines")

    def run_verb(self, arguments: Sequence[str]) -> Ran | None:
        """Run the host program from the drill's computer."""
        return self._seat.run(arguments)

    def close(self) -> None:
        """Leave the cluster as it is."""
        self._seat.close()
        super().close()

    def _addresses(self) -> list[str]:
        """Of the nodes that run a database pod."""
        pods = self.objects.list("Pod")
        return sorted(
            {
                str(pod["status"]["hostIP"])
                for pod in pods
                if "cnpg.io/cluster" in pod["metadata"].get("labels", {})
                and pod["status"].get("hostIP")
            }
        )


def _answers(host: str) -> bool:
    try:
        socket.create_connection((host, WRITER_NODE_PORT), _CONNECT_SECONDS).close()
    except OSError:
        return False
    return True
