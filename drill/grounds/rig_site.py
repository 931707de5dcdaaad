"""One site of the rig, as a scenario sees it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network
from pathlib import Path

from drill.ground_site import Address, Ran
from drill.grounds.host_seat import VERB_SECONDS
from drill.grounds.kubectl import Kubectl
from drill.grounds.kubernetes_site import KubernetesSite
from drill.rig import addresses
from drill.rig.machine import MachineIsOff, RigMachine
from drill.rig.name import ROUTER
from drill.rig.rig import Rig
from topology.site import SiteName

_SERVER = "server-1"


class RigSite(KubernetesSite):
    """One site of the rig."""

    def __init__(self, rig: Rig, name: SiteName, *, kubectl: Path) -> None:
        kubeconfig = rig.name.state / name / "pki/admin.kubeconfig"
        namespace = rig.name.namespace(ROUTER)
        super().__init__(
            name=name,
            topology=rig.topology,
            kubectl=Kubectl(
                command=(
                    *("ip", "netns", "exec", namespace),
                    *(str(kubectl), f"--kubeconfig={kubeconfig}"),
                )
            ),
        )
        self.is_cut = False
        self._rig = rig
        self.find_machines()
        self._balancer = str(addresses.balancer(IPv4Network(rig.topology.site(name).cidr)))

    def find_machines(self) -> None:
        """Look which there are."""
        self._machines = {each.spec.hostname: each for each in self._rig.machines([self.name])}

    @property
    def powered(self) -> bool:
        """Whether any machine has power."""
        return any(machine.is_on for machine in self._machines.values())

    def balancer(self) -> Address | None:
        """The address of the site's load balancer; clients find out by themselves who answers."""
        return Address(host=self._balancer, port=addresses.BALANCER_PORT)

    def power_off(self, machine: str | None = None) -> None:
        """Cut the power of one machine, or of all in the same moment."""
        _all_at_once(RigMachine.power_off, self._chosen(machine))

    def power_on(self, machine: str | None = None) -> None:
        """Give it back; a machine boots by itself."""
        _all_at_once(RigMachine.power_on, self._chosen(machine))

    def run_verb(self, arguments: Sequence[str]) -> Ran | None:
        """Run the installed host program on the first server; None where it is off or cut off."""
        if self.is_cut:
            return None
        server = self._machines[_SERVER]
        try:
            done = server.run(["pgtwin-host", *arguments], timeout_seconds=VERB_SECONDS)
        except MachineIsOff:
            return None
        return Ran(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def _chosen(self, machine: str | None) -> Sequence[RigMachine]:
        return list(self._machines.values()) if machine is None else [self._machines[machine]]


def _all_at_once(act: Callable[[RigMachine], None], machines: Sequence[RigMachine]) -> None:
    with ThreadPoolExecutor(len(machines)) as pool:
        list(pool.map(act, machines))
