"""`fence`: stops PostgreSQL in every instance of this site and keeps the data.

No failover follows: CloudNativePG leaves a fenced cluster alone.
"""

import argparse
from typing import Any

from host.bundle.site import Site
from host.kubernetes import site_cluster
from host.machine.machine import Machine
from host.machine.waiting import wait_for
from host.writer import writer_guard
from host.writer.observation import changing_the_writer

_STOPPED_SECONDS = 300


def run(machine: Machine, _arguments: argparse.Namespace) -> dict[str, Any]:
    """Fence, and wait until no instance answers clients any more."""
    site = Site.current(machine)
    with changing_the_writer(site):
        fence(site)
    return {"fenced": site.document.cluster}


def fence(site: Site) -> None:
    """Fence this site's cluster.

    Raises:
        Refused: where there is none.
        TimedOut: when an instance is still ready after five minutes; safe to repeat.
    """
    if not site_cluster.require(site.kubectl, site.document).fenced:
        writer_guard.fence(site.kubectl, site.document)

    def stopped() -> bool:
        return not site_cluster.require(site.kubectl, site.document).status("readyInstances")

    wait_for(
        site.machine.clock,
        "PostgreSQL to stop",
        stopped,
        deadline_seconds=_STOPPED_SECONDS,
        every_seconds=1,
    )
