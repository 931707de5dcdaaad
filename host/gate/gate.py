"""Reads the record and moves this machine's gate; `host/gate/verdict.py` says what always holds.

The gate is closed by a unit of systemd before k3s may start, at every start of the machine
(`host/setup/installation.py`), and from then on moved by this alone. So what keeps clients out of a
former writer that comes back needs neither the operator, nor Kubernetes, nor the other region.
"""

import logging
from collections.abc import Callable
from functools import partial

from host.explain import explain
from host.gate import copies
from host.gate.packet_filter import PacketFilter
from host.gate.verdict import Sightings, judge
from host.machine.machine import Files
from host.site import Site
from host.writer.remembered_record import remember, remembered

_AT_START = "/run/pgtwin/epoch-at-start"
"""Gone at every start of the machine, as all of /run."""
_log = logging.getLogger(__name__)


def packet_filter(site: Site) -> PacketFilter:
    """The gate of this machine."""
    machine = site.machine
    return PacketFilter(machine.shell, machine.files, site.document.writer_node_port)


def try_to_keep(site: Site) -> Sightings:
    """`keep`, where the gate is one of several things to do: what hinders it is said in the log."""
    for attempt in (keep, look):
        try:
            return attempt(site)
        except Exception as error:
            if explain(error) is None:
                raise
            _log.error("the gate for clients was not moved: %s", error)
    return Sightings()


def keep(site: Site, *, vouched: bool = False) -> Sightings:
    """Read both copies of the record and do what they say; what was read.

    The peer's copy is obeyed before this region has answered: it may be all that is needed to
    close. `vouched` is explained in `judge`.

    Raises:
        Failed: when nftables does not obey.
    """
    seen = look(site, meanwhile=partial(_obey, site))
    _obey(site, seen, vouched=vouched)
    return seen


def look(site: Site, *, meanwhile: Callable[[Sightings], None] = lambda _: None) -> Sightings:
    """Read both copies of the record and move nothing, within seconds.

    `meanwhile` is given what is known before this region has answered.
    """
    files = site.machine.files
    known = remembered(files)
    own, peers = copies.begin(site)
    peer = peers()
    meanwhile(Sightings(peer=peer, remembered=known))
    seen = Sightings(
        own=own(),
        peer=peer,
        remembered=known,
        epoch_at_start=_epoch_at_start(files),
    )
    _remember_start(files, seen)
    remember(files, seen.newest)
    return seen


def _obey(site: Site, seen: Sightings, *, vouched: bool = False) -> None:
    gate, name = packet_filter(site), site.document.site
    verdict, is_open = judge(seen, site=name, vouched=vouched), gate.is_open()
    if verdict == "open" and not is_open:
        gate.open()
        _log.warning("clients are let in: no record names another site than %s", name)
    elif verdict == "close" and is_open:
        gate.close()
        _log.warning("clients are kept out: the record names the other site, not %s", name)


def _epoch_at_start(files: Files) -> int | None:
    return int(files.read(_AT_START)) if files.exists(_AT_START) else None


def _remember_start(files: Files, seen: Sightings) -> None:
    if seen.epoch_at_start is None and seen.own.answered:
        epoch = 0 if seen.own.record is None else seen.own.record.epoch
        files.write(_AT_START, str(epoch).encode())
