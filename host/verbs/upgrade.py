"""`upgrade`: every machine to the bundle's k3s, one at a time; stops at the first unhealthy step.

The order keeps the database safe: a snapshot of etcd first, servers before agents (a kubelet must
not be newer than its API server), and the next machine only when every machine is Ready and the
Cluster is healthy with all its instances again. A machine with a database instance is cordoned,
which makes CloudNativePG move the primary away, and drained only when the primary is elsewhere.
Where the site has one instance there is nowhere to move it to: the binary is exchanged under the
running containers, which k3s' unit leaves alone.

Run it on a server. It is safe to repeat: a machine that has the version is done, and the record
names the machine that an interrupted run was busy with.
"""

import json
import logging
from argparse import Namespace

from host.bundle.site_document import SiteDocument
from host.errors import Refused
from host.kubernetes.cordon import cordoned_by, left_by_vacate
from host.kubernetes.kubectl import Object
from host.machine.command import command
from host.machine.lock import lock
from host.machine.machine import Machine
from host.machine.paths import K3S, STATE
from host.setup.k3s_binary import swap_k3s
from host.setup.k3s_start import is_ready, start_k3s
from host.setup.remote_run import run_on
from host.setup.rolling import (
    LOCK,
    SETTLE_SECONDS,
    has_primary,
    instances_on,
    nodes,
    wait,
    wait_until_healthy,
)
from host.site import Site

_RECORD = f"{STATE}/upgrade.json"
_DRAIN_SECONDS = 600
_log = logging.getLogger(__name__)


def run(machine: Machine, arguments: Namespace) -> dict[str, object]:
    """Upgrade the site, or with --local only exchange this machine's binary."""
    with lock(machine.files, LOCK):
        site = Site.newest(machine)
        if arguments.local:
            _exchange_here(site)
            return {"node": machine.imds.tag("pgtwin:node"), "k3s": site.document.k3s.version}
        return upgrade(site)


def upgrade(site: Site) -> dict[str, object]:
    """Upgrade every machine that has another version.

    Raises:
        Refused: on an agent, or when a machine is cordoned that no upgrade has cordoned.
        TimedOut: when the site does not become healthy; the rest of the machines were not touched.
    """
    here, version = site.machine.imds.tag("pgtwin:node"), site.document.k3s.version
    if here not in site.document.names("server"):
        raise Refused("only a server can upgrade the site - run it on server-1")
    under_way = _under_way(site)
    todo = plan(site.document, nodes(site), under_way)
    if todo:
        name = f"before-{version.replace('+', '-')}"
        command(site.machine.shell, K3S, "etcd-snapshot", "save", "--name", name)
    for node in todo:
        if node != under_way:
            wait_until_healthy(site)
        _upgrade_node(site, node, here=here)
        _log.info("%s runs k3s %s", node, version)
    return {"k3s": version, "upgraded": list(todo)}


def plan(document: SiteDocument, machines: dict[str, Object], under_way: str | None) -> list[str]:
    """Which machines have to be upgraded: the one that was interrupted, servers, agents.

    Raises:
        Refused: when a machine is cordoned that no upgrade has cordoned.
    """
    for name, node in machines.items():
        by = cordoned_by(node) if name != under_way else None
        if by == "vacate":
            raise Refused(left_by_vacate(document.site, name))
        if by == "other":
            raise Refused(f"{name} is cordoned, not by an upgrade - find out why, then uncordon it")
    names = (*document.names("server"), *document.names("agent"))
    wanted = document.k3s.version
    other = [name for name in names if name in machines and _version(machines[name]) != wanted]
    return [*([under_way] if under_way else []), *(name for name in other if name != under_way)]


def _upgrade_node(site: Site, node: str, *, here: str) -> None:
    files, kubectl, version = site.machine.files, site.kubectl, site.document.k3s.version
    files.write(_RECORD, json.dumps({"node": node}).encode())
    drained = site.document.instances > 1 and instances_on(site, node)
    if drained:
        kubectl.done("cordon", node)
        wait(site, f"the primary to leave {node}", lambda: not has_primary(site, node))
        evict = ("--ignore-daemonsets", "--delete-emptydir-data", f"--timeout={_DRAIN_SECONDS}s")
        kubectl.done("drain", node, *evict, timeout_seconds=_DRAIN_SECONDS + 60)
    if node == here:
        _exchange_here(site)
    else:
        run_on(site, node, "upgrade", "--local")
    wait(site, f"{node} with {version}", lambda: _runs(nodes(site).get(node), version))
    kubectl.patient(SETTLE_SECONDS).done("uncordon", node)
    wait_until_healthy(site)
    files.remove(_RECORD)


def _exchange_here(site: Site) -> None:
    machine, node = site.machine, site.document.node(site.machine.imds.tag("pgtwin:node"))
    swap_k3s(machine, site.document.k3s)
    start_k3s(machine, node.role)


def _under_way(site: Site) -> str | None:
    files = site.machine.files
    return str(json.loads(files.read(_RECORD))["node"]) if files.exists(_RECORD) else None


def _version(node: Object) -> str:
    return str(node["status"]["nodeInfo"]["kubeletVersion"])


def _runs(node: Object | None, version: str) -> bool:
    return node is not None and is_ready(node) and _version(node) == version
