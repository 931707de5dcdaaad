"""`certify`: this site's certificates, where they are due, or all of them.

`apply` does the same every hour; this is for whoever cannot wait for it.
"""

import argparse
from typing import Any

from host.apply.objects import PATIENCE_SECONDS
from host.certificates.upkeep import keep_certificates
from host.machine.machine import Machine
from host.verbs.apply import its_turn


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Issue what is due, with `--renew` every leaf."""
    with its_turn(machine) as site:
        kubectl = site.kubectl.patient(PATIENCE_SECONDS)
        return keep_certificates(site, kubectl, renew=arguments.renew)
