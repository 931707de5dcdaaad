"""`status`: one JSON document about this site; its shape is `host/evidence/status_document.py`.

It changes nothing and never fails as a whole: a part that cannot be read is null, and `errors` has
the reason.
"""

import argparse
from dataclasses import asdict
from typing import Any

from host.bundle.site import Site
from host.evidence.status_document import StatusDocument
from host.evidence.status_reader import StatusReader
from host.machine.machine import Machine


def run(machine: Machine, _arguments: argparse.Namespace) -> dict[str, Any]:
    """The document as JSON."""
    return asdict(status(Site.current(machine)))


def status(site: Site) -> StatusDocument:
    """Look at everything."""
    return StatusReader(site).read()
