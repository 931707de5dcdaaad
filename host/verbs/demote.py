"""`demote`: makes this site a replica of the peer. The decisions are `host/writer/demotion.py`."""

import argparse
from typing import Any

from host.errors import Refused
from host.kubernetes import site_cluster
from host.kubernetes.cluster import DEMOTION_TOKEN
from host.machine.machine import Machine
from host.site import Site
from host.writer.demotion import Demotion
from host.writer.nudge import Nudge
from host.writer.observation import (
    Observation,
    Observer,
    changing_the_writer,
    postgres_state,
    running_backup,
)
from host.writer.role_change import change_role
from host.writer.role_step import Step


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Demote; the token that the new writer needs."""
    site = Site.current(machine)
    if arguments.to != site.document.peer.site:
        raise Refused(f"--to must name the other site, {site.document.peer.site}")
    with changing_the_writer(site):
        return {"token": demote(site, arguments.epoch)}


def demote(site: Site, epoch: int | None = None) -> str:
    """Stop accepting writes, archive everything, become a replica of the peer; the token.

    Raises:
        Refused: when the site must not be demoted now, or this was decided in another epoch than
            the record's; nothing was changed.
        TimedOut: when the operator does not come to an end; safe to repeat.
    """

    def decide(seen: Observation) -> Step:
        demotion = Demotion(site=site.document, record=seen.record, epoch=epoch)
        # Asked only where it decides: no client can write while this waits for the token.
        begins = seen.cluster.is_writer
        state = postgres_state(site, seen.cluster) if begins else None
        return demotion.next_step(
            seen.cluster,
            running_backup=running_backup(site) if begins else None,
            archive_slow=state.archive_slow if state else None,
        )

    # PostgreSQL, which is being shut down, decides no more once that has begun.
    observer = Observer(site, asks_postgres=False)
    change_role(site, decide, meanwhile=Nudge(site), observer=observer)
    token = site_cluster.require(site.kubectl, site.document).annotation(DEMOTION_TOKEN)
    if not token:
        raise Refused("another command took the token meanwhile - run: pgtwin status")
    return token
