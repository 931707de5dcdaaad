"""`admit`: lets clients reach this machine, or keeps them out, as the record says.

Every machine runs it with `--watch`, as a unit of its own. A new writer's machines are so open
before its promotion has ended, since the record moves first, and a former writer's are closed.
`--unconfirmed` is for a person, where the other region does not answer and this machine has started
since: it stands for the word that the other site does not write.
"""

import argparse
from typing import Any

from host.errors import Refused
from host.gate import gate
from host.gate.verdict import Sightings
from host.machine.machine import Machine
from host.site import Site

EVERY_SECONDS = 2.0
"""How long a new writer's clients may wait for a machine's gate. Two machines of a region that ask
two regions this often, for two versions each, make 4 of the 40 requests a second that SSM's
GetParameter takes in each."""


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Look once, or for as long as the machine runs; what was found.

    Raises:
        Refused: where clients stay out although a person vouched.
    """
    while arguments.watch:
        gate.try_to_keep(Site.current(machine))
        machine.clock.sleep(EVERY_SECONDS)
    return admit(Site.current(machine), unconfirmed=arguments.unconfirmed)


def admit(site: Site, *, unconfirmed: bool = False) -> dict[str, Any]:
    """Move the gate; whether clients get in, and why."""
    seen = gate.keep(site, vouched=unconfirmed)
    is_open = gate.packet_filter(site).is_open()
    if unconfirmed and not is_open:
        raise Refused(f"{_why_closed(seen)}; clients stay out - run: pgtwin status")
    return {
        "clients": "let in" if is_open else "kept out",
        "writer": None if seen.newest is None else seen.newest.writer,
        "both_regions_answered": seen.complete,
    }


def _why_closed(seen: Sightings) -> str:
    record = seen.newest
    if record is None or record.contested:
        return "the two regions' records name different writers"
    return f"the record names {record.writer} as the writer"
