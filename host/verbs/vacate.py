"""`vacate`: before a machine is recreated, see that the site can do without it.

What always holds:

* Nothing is recreated while another machine is missing: two members of a quorum are never away at
  once, and neither are two instances of the database.
* The leading instance is on another machine by then, where the site has another instance.
  CloudNativePG moves it away from a machine that is cordoned; the machine is not drained, since its
  instance goes when the machine goes, and serves as a standby until then.
* The machine is left as it was found: nothing has to be taken back, whoever gives up afterwards.
* A run that was killed leaves its cordon, with the mark of `host/kubernetes/cordon.py`. The next
  run, for whatever machine, takes it back first; until then `status` names it. Any other cordon is
  refused: whoever set it has a reason.

With `--lost` the machine is dead: only the others are looked at, apart from those that are named as
dead as well (`--also-lost`). Two dead machines would otherwise wait for each other. A machine that
is Ready is not dead, whatever it is named.
"""

import logging
from argparse import Namespace

from host.errors import Refused
from host.kubernetes.cordon import cordon, cordoned_by, is_cordoned, uncordon
from host.machine.lock import lock
from host.machine.machine import Machine
from host.setup.k3s_start import is_ready
from host.setup.rolling import (
    LOCK,
    has_primary,
    instances_on,
    nodes,
    wait,
    wait_until_healthy,
)
from host.site import Site

_log = logging.getLogger(__name__)


def run(machine: Machine, arguments: Namespace) -> dict[str, object]:
    """See that the machine `arguments.machine` can go; where the leading instance was."""
    site, node = Site.newest(machine), arguments.machine
    names = [each.name for each in site.document.nodes]
    also_lost = tuple(arguments.also_lost)
    for each in (node, *also_lost):
        if each not in names:
            raise Refused(f"this site has no machine {each!r}, only {', '.join(names)}")
    with lock(machine.files, LOCK):
        wait(site, "the cordon of an earlier run to be taken back", lambda: _take_back(site))
        if arguments.lost:
            _refuse_a_second_loss(site, node, also_lost)
            return {"machine": node, "led": False}
        return {"machine": node, "led": vacate(site, node)}


def vacate(site: Site, node: str) -> bool:
    """Wait until the site is whole, and let another machine lead; whether this one did.

    Raises:
        Refused: when a machine is cordoned.
        TimedOut: when the site is not whole, or the leading instance does not move.
    """
    _refuse_a_cordon(site)
    wait_until_healthy(site)
    led = site.document.instances > 1 and bool(instances_on(site, node)) and has_primary(site, node)
    if led:
        cordon(site.kubectl, site.document, node)
        try:
            wait(site, f"the primary to leave {node}", lambda: not has_primary(site, node))
        finally:
            uncordon(site.kubectl, site.document, node)
        wait_until_healthy(site)
    _log.info("%s can go", node)
    return led


def _take_back(site: Site) -> bool:
    for name, node in nodes(site).items():
        if cordoned_by(node) == "vacate":
            _log.warning("%s was left cordoned by a run that was killed", name)
            uncordon(site.kubectl, site.document, name)
    return True


def _refuse_a_cordon(site: Site) -> None:
    cordoned = sorted(name for name, node in nodes(site).items() if is_cordoned(node))
    if cordoned:
        raise Refused(
            f"{', '.join(cordoned)} is cordoned - if an upgrade was interrupted, repeat: pgtwin "
            f"upgrade; otherwise find out why, then run: sudo k3s kubectl uncordon {cordoned[0]}"
        )


def _refuse_a_second_loss(site: Site, node: str, also_lost: tuple[str, ...]) -> None:
    found, lost = nodes(site), (node, *also_lost)
    ready = [name for name in lost if is_ready(found.get(name))]
    if ready:
        option = "--lost" if node in ready else f"--also-lost {ready[0]}"
        raise Refused(f"{', '.join(ready)} is Ready, so it is not lost - repeat without {option}")
    missing = [
        each.name
        for each in site.document.nodes
        if each.name not in lost and not is_ready(found.get(each.name))
    ]
    if missing:
        raise Refused(
            f"{', '.join(missing)} is not Ready either: bring that back first, one machine at a "
            f"time - read: docs/runbooks/nodes-not-ready.md; if it is dead as well, repeat with "
            f"--lost --also-lost {missing[0]}"
        )
