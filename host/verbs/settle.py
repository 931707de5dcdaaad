"""`settle`: what remains after a promotion; decisions in `host/writer/settlement.py`.

Clients are served meanwhile, apart from the seconds in which the leading instance is restarted. It
is safe to interrupt: `report` does the part that must not stay undone, each minute.
"""

import argparse
from typing import Any

from host.kubernetes import site_cluster
from host.machine.machine import Machine
from host.site import Site
from host.writer.end_of_pause import is_open
from host.writer.first_write import first_write
from host.writer.observation import Observation, changing_the_writer, look_behind
from host.writer.overlay import DUMP
from host.writer.role_change import apply_patch, change_role
from host.writer.role_step import Done, Patch, Step
from host.writer.settlement import Settlement


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Settle, and wait until the cluster is healthy unless told not to."""
    site = Site.current(machine)
    with changing_the_writer(site):
        settle(site, wait=not arguments.begin)
    return {"settled": site.document.cluster}


def settle(site: Site, *, wait: bool = True) -> None:
    """Take token and pause back, let the dumps run here, wait until every instance was restarted.

    It ends with a write, which wakes the archiving of the writer that was restarted last: else its
    WAL would wait for the next `report`. Without `wait` the operator is left to it.

    Raises:
        Refused: where this site is no writer.
        TimedOut: when the operator does not come to an end; safe to repeat.
    """

    def decide(seen: Observation) -> Step:
        if seen.cluster.is_writer and not wait and not is_open(seen.cluster):
            return Done()
        settlement = Settlement(site=site.document)
        return settlement.next_step(seen.cluster, seen.state, leader_lost=seen.leader_lost)

    change_role(site, decide)
    _resume_dumps(site)
    if wait:
        first_write(site)


def close(site: Site) -> None:
    """Take token and pause back if the promotion took hold, or its leading pod is lost; looks once,
    and at no record.
    """
    cluster = site_cluster.require(site.kubectl, site.document)
    state, lost = look_behind(site, cluster)
    settlement = Settlement(site=site.document)
    step = settlement.next_step(cluster, state, leader_lost=lost)
    if is_open(cluster) and isinstance(step, Patch):
        apply_patch(site, cluster, step)


def _resume_dumps(site: Site) -> None:
    if site.kubectl.get("cronjob.batch", DUMP, "-n", site.document.namespace):
        merge = {"spec": {"suspend": False}}
        site.kubectl.patch("cronjob.batch", site.document.namespace, DUMP, merge)
