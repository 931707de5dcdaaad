"""`status`: one JSON document about this site; its shape is `host/evidence/status_document.py`.

It changes nothing and never fails as a whole: a part that cannot be read is null, and `errors` has
the reason.
"""

import argparse
from dataclasses import asdict
from typing import Any

from host.evidence.status_reader import StatusReader
from host.machine.machine import Machine
from host.site import Site


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """The document as JSON; with `--state` its `site`, `state` and `errors` alone.

    A hand-over asks for its state many times, and who is down in an emergency answers slowly.
    """
    site = Site.current(machine)
    if arguments.state:
        return StatusReader(site).state()
    return asdict(StatusReader(site).read())
