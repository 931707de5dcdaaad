"""The first write of a new writer: after it clients may be led to it."""

import logging

from host.errors import HostError
from host.kubernetes import site_cluster
from host.machine.waiting import wait_for
from host.postgres import heartbeat
from host.postgres.psql import Psql
from host.site import Site
from host.writer.end_of_pause import confirmed, is_open
from host.writer.observation import leader_is_lost
from host.writer.role_change import apply_patch
from host.writer.role_step import Patch

SECONDS = 300
"""Longer than the operator has been seen to take until a standby is attached (29 s, recording 14)
or the leading instance was restarted in between (15 s)."""
_EVERY_SECONDS = 0.5
_log = logging.getLogger(__name__)


def first_write(site: Site, *, within_seconds: float = SECONDS) -> None:
    """Write the heartbeat until it was acknowledged; a restart in between is lived through.

    The other site learns from it that it follows. Where pgtwin.heartbeat is not our table, a commit
    without it is enough: clients need this site, whatever the other can learn.

    Raises:
        TimedOut: after `within_seconds`; safe to repeat.
    """
    wait_for(
        site.machine.clock,
        "a write to be acknowledged",
        lambda: _written(site),
        deadline_seconds=within_seconds,
        every_seconds=_EVERY_SECONDS,
    )


def _written(site: Site) -> bool:
    try:
        pod = site_cluster.require(site.kubectl, site.document).primary_pod
        if pod is None:
            return False
        document = site.document
        owner, users = document.database.owner, document.secrets.database
        heartbeat.commit(Psql.at(site, pod), document.site, owner=owner, users=users)
    except HostError as error:
        _log.info("no write yet: %s", error)
        _end_pause(site)
        return False
    return True


def _end_pause(site: Site) -> None:
    """The promotion took hold: where its pod is lost by now, the operator has to make another."""
    try:
        cluster = site_cluster.require(site.kubectl, site.document)
        if is_open(cluster) and leader_is_lost(site, cluster):
            step = Patch(why="the leading pod is gone", merge=confirmed(cluster))
            apply_patch(site, cluster, step)
    except HostError as error:
        _log.info("the operator is still paused: %s", error)
