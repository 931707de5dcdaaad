"""`fence`: stops PostgreSQL in every instance of this site and keeps the data.

No failover follows: CloudNativePG leaves a fenced cluster alone. A demotion that is under way goes
on under this fence, and its end takes the fence away: the site is a replica then.
"""

import argparse
from typing import Any

from host.kubernetes import site_cluster
from host.machine.machine import Machine
from host.machine.waiting import wait_for
from host.postgres.psql import Psql
from host.postgres.running import runs
from host.site import Site
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
        TimedOut: when an instance still runs after five minutes; safe to repeat.
    """
    if not site_cluster.require(site.kubectl, site.document).stopped:
        writer_guard.fence(site.kubectl, site.document)
    wait_for(
        site.machine.clock,
        "PostgreSQL to stop",
        lambda: _stopped(site),
        deadline_seconds=_STOPPED_SECONDS,
        every_seconds=1,
    )


def _stopped(site: Site) -> bool:
    """The operator notices it only after 24 to 29 s, and calls an instance not ready that is only
    busy, so the instances are asked themselves.
    """
    cluster = site_cluster.require(site.kubectl, site.document)
    return all(runs(Psql.at(site, pod)) is False for pod in cluster.pods)
