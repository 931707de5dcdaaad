"""`certify`: this site's certificates, where they are due, or all of them.

`apply` does the same every hour; this is for whoever cannot wait for it.
"""

import argparse
from typing import Any

from host.apply.objects import PATIENCE_SECONDS
from host.certificates.upkeep import keep_certificates
from host.deadlines import APPLY_SECONDS
from host.machine.lock import lock_in_time
from host.machine.machine import Machine
from host.site import Site
from host.verbs.apply import LOCK


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Issue what is due, with `--renew` every leaf."""
    site = Site.current(machine)
    with lock_in_time(machine.files, LOCK, clock=machine.clock, seconds=APPLY_SECONDS):
        kubectl = site.kubectl.patient(PATIENCE_SECONDS)
        return keep_certificates(site, kubectl, renew=arguments.renew)
