"""Starting k3s, and waiting until this machine is a member of the cluster."""

import hashlib

from host.bundle.site_document import Role
from host.deadlines import JOIN_SECONDS
from host.errors import TimedOut
from host.kubernetes.kubectl import Kubectl, Object
from host.kubernetes.kubectl_failed import KubectlFailed
from host.kubernetes.node_mark import credentials
from host.machine.command import command
from host.machine.machine import Machine
from host.machine.paths import K3S, K3S_CONFIG, K3S_DATA, STATE
from host.machine.waiting import wait_for
from host.setup.k3s_unit import NAMES
from host.setup.machine_settings import KUBELET_FILE

_STARTED = f"{STATE}/k3s.started"
"""What k3s was last started with: the hash of its binary, unit, configuration, kubelet's too."""
_UNPACKED = f"{K3S_DATA}/data"
"""Where k3s unpacks its programs, which it then runs as they lie there (k3s cmd/k3s/main.go,
`extract`)."""
_NAME_IS_TAKEN = ("Node password rejected", "duplicate node name found")
"""By a member of etcd, or with another password: until the Node is deleted (k3s pkg/agent/config,
pkg/etcd/etcd.go `join`, pkg/nodepassword)."""


def forget_unpacked(machine: Machine) -> None:
    """Have k3s unpack its programs again on a machine that it never ran on.

    What lies on its data volume was written by another machine, and whoever was root there.
    """
    if not machine.files.exists(_STARTED):
        machine.files.remove(_UNPACKED)


def start_k3s(machine: Machine, role: Role) -> None:
    """Start k3s, or restart it where anything that it reads at its start has changed."""
    unit, again = NAMES[role], waits_for_restart(machine, role)
    command(machine.shell, "systemctl", "daemon-reload")
    command(machine.shell, "systemctl", "enable", unit)
    command(machine.shell, "systemctl", "--no-block", "restart" if again else "start", unit)
    machine.files.write(_STARTED, _read_at_start(machine, role))


def waits_for_restart(machine: Machine, role: Role) -> bool:
    """Whether anything that k3s reads at its start is another than at its last one."""
    files = machine.files
    return not files.exists(_STARTED) or files.read(_STARTED) != _read_at_start(machine, role)


def _read_at_start(machine: Machine, role: Role) -> bytes:
    parts = (K3S, f"/etc/systemd/system/{NAMES[role]}", f"{K3S_CONFIG}/config.yaml", KUBELET_FILE)
    hashes = "".join(map(machine.files.sha256, parts))
    return hashlib.sha256(hashes.encode()).hexdigest().encode()


def wait_until_joined(machine: Machine, role: Role, node: str) -> None:
    """Wait until this machine's own Node is Ready.

    Raises:
        TimedOut: with the last lines of k3s' log, and what to do where the name is taken.
    """
    kubectl = Kubectl(machine.shell, machine.clock)

    def joined() -> bool:
        try:
            return is_ready(kubectl.get("node", node, *credentials(role)))
        except KubectlFailed:
            return False

    try:
        wait_for(machine.clock, f"{node} to be Ready", joined, deadline_seconds=JOIN_SECONDS)
    except TimedOut as late:
        unit = NAMES[role]
        argv = ["journalctl", "--unit", unit, "--lines", "100", "--output", "cat", "--no-pager"]
        log = machine.shell.run(argv).stdout.strip()
        said = "\n".join(log.splitlines()[-5:])
        raise TimedOut(f"{late}; {unit} said: {said} - {_next_step(log, unit, node)}") from None


def _next_step(log: str, unit: str, node: str) -> str:
    if any(each in log for each in _NAME_IS_TAKEN):
        return (
            f"the cluster knows {node} by what was on the data volume that it had; if that volume "
            f"is lost, on another server, run: sudo k3s kubectl delete node {node}"
        )
    return f"run: journalctl -u {unit}"


def wait_for_nodes(kubectl: Kubectl, machine: Machine, names: tuple[str, ...]) -> None:
    """Wait until every machine of the site is Ready.

    Raises:
        TimedOut: naming those that are not.
    """
    missing = list(names)

    def all_ready() -> bool:
        try:
            nodes = (kubectl.get("nodes") or {}).get("items", [])
        except KubectlFailed:
            return False
        ready = {node["metadata"]["name"] for node in nodes if is_ready(node)}
        missing[:] = [name for name in names if name not in ready]
        return not missing

    try:
        wait_for(machine.clock, "all machines", all_ready, deadline_seconds=JOIN_SECONDS)
    except TimedOut:
        raise TimedOut(
            f"{', '.join(missing)} did not become Ready within {JOIN_SECONDS:.0f} s - there, run: "
            "journalctl -u pgtwin-boot -u k3s-agent; tail /var/log/pgtwin-user-data.log"
        ) from None


def is_ready(node: Object | None) -> bool:
    """Whether a Node object says that it is Ready."""
    conditions = (node or {}).get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
