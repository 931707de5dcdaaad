"""`promote`: makes this site the writer. The decisions are `host/writer/promotion.py`."""

import argparse
from typing import Any

from host.bundle.site import Site
from host.kubernetes import site_cluster
from host.machine.machine import Machine
from host.postgres import heartbeat
from host.writer.observation import changing_the_writer, observe, psql
from host.writer.overlay import DUMP
from host.writer.promotion import Promotion, refused
from host.writer.role_change import carry_out
from host.writer.role_step import Step


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Promote with a token, or without where the loss of the tail is accepted."""
    site = Site.current(machine)
    with changing_the_writer(site):
        promote(site, arguments.token)
    return {"writer": site.document.site, "cluster": site.document.cluster}


def promote(site: Site, token: str | None) -> None:
    """Make this site's cluster the writer, and let the dumps run here.

    Raises:
        Refused: when it must not be; nothing is changed then, or was taken back.
        TimedOut: when the operator does not come to an end; safe to repeat.
    """
    clock = site.machine.clock
    refused_since: float | None = None

    def next_step() -> Step:
        nonlocal refused_since
        seen = observe(site)
        if not refused(seen.cluster):
            refused_since = None
        elif refused_since is None:
            refused_since = clock.monotonic()
        seconds = 0.0 if refused_since is None else clock.monotonic() - refused_since
        promotion = Promotion(site=site.document, record=seen.record, token=token)
        return promotion.next_step(seen.cluster, seen.state, refused_seconds=seconds)

    carry_out(site, next_step)
    _first_heartbeat(site)
    _resume_dumps(site)


def _first_heartbeat(site: Site) -> None:
    """The other site learns from it that it follows; the next one is up to a minute away."""
    pod = site_cluster.require(site.kubectl, site.document).primary_pod
    if pod is not None:
        leader = psql(site, pod)
        heartbeat.ensure(leader, site.document.database.owner)
        heartbeat.write(leader, site.document.site)


def _resume_dumps(site: Site) -> None:
    if site.kubectl.get("cronjob.batch", DUMP, "-n", site.document.namespace):
        merge = {"spec": {"suspend": False}}
        site.kubectl.patch("cronjob.batch", site.document.namespace, DUMP, merge)
