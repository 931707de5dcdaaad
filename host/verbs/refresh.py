"""`refresh`: what `boot` gives a machine of its bundle, on one that runs.

Every machine runs it after a deployment, agents included, and nobody waits for one that is off.

What always holds: k3s and what runs in it stay as they are. What k3s reads at its start is written
and takes effect at its next one, which `boot` makes; until then the machine's Node says that it
waits. A gate that is open stays open, and a closed one is never opened here. While the gate's watch
restarts nobody moves the gate, so it stays as the record had it.
"""

from argparse import Namespace
from pathlib import PurePosixPath

from host.deadlines import JOIN_SECONDS
from host.gate import gate
from host.kubernetes.node_mark import mark
from host.machine.command import command
from host.machine.lock import lock_in_time
from host.machine.machine import Machine
from host.setup.data_volume import fill
from host.setup.installation import ADMIT, HOLD, TIMERS, install, start_timers
from host.setup.k3s_start import waits_for_restart
from host.setup.lost_server import LostServer
from host.setup.machine_settings import apply_kernel_settings, apply_shutdown_settings
from host.setup.segment_size import limit_segments
from host.site import Site
from host.verbs.boot import LOCK, configure_k3s


def run(machine: Machine, _arguments: Namespace) -> dict[str, object]:
    """Bring the newest bundle into force here; what was changed, and whether k3s waits."""
    with lock_in_time(machine.files, LOCK, clock=machine.clock, seconds=JOIN_SECONDS):
        return refresh(Site.newest(machine))


def refresh(site: Site) -> dict[str, object]:
    """The same for a caller that holds the lock."""
    machine, document = site.machine, site.document
    node = document.node(machine.imds.tag("pgtwin:node"))
    changed = install(machine, document.writer_node_port)
    apply_kernel_settings(machine)
    limit_segments(machine)
    apply_shutdown_settings(machine)
    fill(machine)
    configure_k3s(site, node, LostServer(machine, document, node.name))
    start_timers(machine, node.role)
    _restart(machine, changed)
    _renew_a_closed_gate(site)
    waits = waits_for_restart(machine, node.role)
    mark(site.kubectl, node.role, node.name, bundle=site.bundle.sha256, k3s_waits=waits)
    return {
        "node": node.name,
        "bundle": site.bundle.sha256,
        "changed": list(changed),
        "k3s_waits": waits,
    }


def _restart(machine: Machine, changed: tuple[str, ...]) -> None:
    """The gate's watch is of the new program at once, the others only where they differ.

    The guard of the other region forgets what it saw of its silence, and commits wait longer. It
    ends by itself once another bundle is current.
    """
    names = [PurePosixPath(path).name for path in changed]
    for unit in (ADMIT, *(name for name in names if name in (HOLD, *TIMERS))):
        command(machine.shell, "systemctl", "try-restart", unit)


def _renew_a_closed_gate(site: Site) -> None:
    """Whoever opens it meanwhile does so again within seconds."""
    packet_filter = gate.packet_filter(site)
    if not packet_filter.is_open():
        packet_filter.close()
