"""`boot`: make this machine a member of its site; at every start, and safe to repeat at any point.

The order is the safety: nothing of k3s exists on the machine before the data volume is mounted, a
lost datastore is settled before k3s may start, by the same look by which k3s was configured
(`host/setup/lost_server.py`), and CloudFormation hears of success only after `ready`. A server
reports and repairs from the moment when it is a member: its site may be long in becoming ready,
and is watched most of all then. The unit
tries again every minute, so that what passes by itself (a volume that an old instance still holds,
a throttled API) recovers without intervention; which failures fail the deployment is said in
`host/setup/passing_faults.py`.
"""

import json
import logging
from argparse import Namespace
from collections.abc import Callable

from host.bundle.site_document import Node
from host.explain import explain
from host.kubernetes.node_mark import mark
from host.machine import journal
from host.machine.lock import lock
from host.machine.machine import Machine
from host.machine.paths import DATA, K3S_CONFIG, STATE
from host.machine.step import Step, run_steps
from host.setup import passing_faults
from host.setup.data_volume import DataVolume
from host.setup.installation import install, start_timers
from host.setup.k3s_binary import install_k3s
from host.setup.k3s_config import agent_config, server_config
from host.setup.k3s_start import forget_unpacked, start_k3s, wait_for_nodes, wait_until_joined
from host.setup.k3s_tokens import write_k3s_tokens
from host.setup.k3s_unit import NAMES, k3s_unit
from host.setup.lost_server import LostServer
from host.setup.machine_settings import (
    apply_kernel_settings,
    apply_shutdown_settings,
    write_kubelet_settings,
)
from host.setup.segment_size import limit_segments
from host.setup.signal_cloudformation import failure_reason, signal
from host.site import Site
from host.verbs.apply import apply, its_turn
from host.verbs.ready import ready

LOCK = "boot"
"""Held by whoever gives this machine what it is to be."""
_RECORD = f"{STATE}/boot.json"
_log = logging.getLogger(__name__)


def run(machine: Machine, arguments: Namespace) -> dict[str, object]:
    """Boot, and tell CloudFormation when that fails for good."""
    with lock(machine.files, LOCK):
        try:
            passing_faults.begin(machine)
            result = boot(Site.newest(machine), others_lost=arguments.others_lost)
        except Exception as error:
            if passing_faults.is_for_good(machine, error):
                _signal_failure(machine, error)
            raise
        passing_faults.succeeded(machine)
        return result


def boot(site: Site, *, others_lost: bool = False) -> dict[str, object]:
    """Do every step; what was done, and how long each step took."""
    node = site.document.node(site.machine.imds.tag("pgtwin:node"))
    steps = _joining(site, node, others_lost=others_lost)
    if node.name == site.document.names("server")[0]:
        steps += _serving(site)
    seconds = run_steps(site.machine, steps, _RECORD)
    return {"node": node.name, "bundle": site.bundle.sha256, "seconds": seconds}


def _joining(site: Site, node: Node, *, others_lost: bool) -> list[Step]:
    machine, document, role = site.machine, site.document, node.role
    volume = DataVolume(machine)
    server = LostServer(machine, document, node.name, others_lost=others_lost)
    steps = [
        _step("installation", lambda: install(machine, document.writer_node_port)),
        _step("kernel settings", lambda: apply_kernel_settings(machine)),
        _step("segment size", lambda: limit_segments(machine)),
        _step("shutdown settings", lambda: apply_shutdown_settings(machine)),
        _step("data volume", volume.attach),
        _step("filesystem", volume.format_when_blank),
        _step("mount", volume.mount),
        _step("k3s programs", lambda: forget_unpacked(machine)),
        _step("k3s binary", lambda: install_k3s(machine, document.k3s)),
        _step("k3s tokens", lambda: write_k3s_tokens(machine, document, role)),
        _step("k3s settings", lambda: configure_k3s(site, node, server)),
    ]
    if role == "server":
        steps.append(_step("k3s datastore", server.settle))
    return [
        *steps,
        _step("k3s start", lambda: start_k3s(machine, role)),
        _step("k3s join", lambda: wait_until_joined(machine, role, node.name)),
        _step("timers", lambda: start_timers(machine, role)),
        _step("Node", lambda: _mark(site, node)),
    ]


def _serving(site: Site) -> list[Step]:
    names = tuple(node.name for node in site.document.nodes)
    return [
        _step("machines", lambda: wait_for_nodes(site.kubectl, site.machine, names)),
        _step("apply", lambda: _apply(site.machine)),
        _step("ready", lambda: ready(Site.current(site.machine))),
        _step("signal", lambda: signal(site.machine, "SUCCESS", "the site is ready")),
    ]


def configure_k3s(site: Site, node: Node, server: LostServer) -> None:
    """Write all that k3s reads at its start."""
    machine, document = site.machine, site.document
    files, identity = machine.files, machine.imds.identity()
    # The password that a node's name was first used with: a replaced machine must know it.
    files.folder(f"{DATA}/node", mode=0o700)
    files.link("/etc/rancher/node", "../../data/node")
    write_kubelet_settings(machine)
    files.write(f"/etc/systemd/system/{NAMES[node.role]}", k3s_unit(node.role).encode())
    if node.role == "agent":
        _write_config(site, agent_config(document, node, identity))
        return
    _write_config(site, server_config(document, node, identity, joins=server.joins))


def _apply(machine: Machine) -> None:
    with its_turn(machine) as newest:
        apply(newest)


def _mark(site: Site, node: Node) -> None:
    bundle = site.bundle.sha256
    mark(site.kubectl, node.role, node.name, bundle=bundle, k3s_waits=False)


def _write_config(site: Site, config: dict[str, object]) -> None:
    text = json.dumps(config, indent=2) + "\n"
    site.machine.files.write(f"{K3S_CONFIG}/config.yaml", text.encode(), mode=0o600)


def _step(name: str, do: Callable[[], object]) -> Step:
    return Step(name=name, do=do)


def _signal_failure(machine: Machine, error: Exception) -> None:
    try:
        said = str(explain(error) or repr(error))
        reason = failure_reason(machine.imds.tag("pgtwin:node"), said, journal.tail())
        signal(machine, "FAILURE", reason)
    except Exception as second:
        _log.exception("the failure could not be signalled: %s", second)
