"""`promote`: makes this site the writer. The decisions are `host/writer/promotion.py`.

It returns as soon as this site has acknowledged a write, with the cluster's own durability: out of
recovery is not enough, since a commit waits until a standby is attached (recording 14: 22 s), nor
is healthy needed, which takes a restart of every instance. Clients may be led here from then on.
What remains is for `settle`.
"""

import argparse
import logging
from typing import Any

from host.errors import HostError
from host.gate.gate import packet_filter
from host.machine.machine import Machine
from host.postgres.postgres_state import PostgresState
from host.postgres.psql import Psql
from host.site import Site
from host.writer import restores
from host.writer.first_write import first_write
from host.writer.observation import Observation, Observer, changing_the_writer
from host.writer.promotion import Promotion, refused
from host.writer.role_change import Meanwhile, change_role
from host.writer.role_step import Step

_log = logging.getLogger(__name__)


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Promote with a token, or without where the loss of the tail is accepted."""
    site = Site.current(machine)
    with changing_the_writer(site):
        promote(site, arguments.token)
    return {
        "writer": site.document.site,
        "cluster": site.document.cluster,
        "clients": _clients(site),
    }


def promote(site: Site, token: str | None) -> None:
    """Make this site's cluster the writer, and see a write acknowledged.

    Raises:
        Refused: when it must not be; nothing is changed then, or was taken back.
        TimedOut: when the operator does not come to an end; safe to repeat.
    """
    clock = site.machine.clock
    began = clock.now().isoformat(timespec="seconds")
    peer_is_silent = token is None and not restores.peer_answers(site)
    refused_since: float | None = None

    def decide(seen: Observation) -> Step:
        nonlocal refused_since
        if not refused(seen.cluster):
            refused_since = None
        elif refused_since is None:
            refused_since = clock.monotonic()
        seconds = 0.0 if refused_since is None else clock.monotonic() - refused_since
        promotion = Promotion(
            site=site.document,
            record=seen.record,
            token=token,
            at=began,
            own_archive=peer_is_silent,
        )
        return promotion.next_step(
            seen.cluster, seen.state, refused_seconds=seconds, leader_lost=seen.leader_lost
        )

    observer = Observer(site, peer_is_silent=peer_is_silent)
    hurry = _hurry(site, token, peer_is_silent=peer_is_silent)
    change_role(site, decide, meanwhile=hurry, observer=observer)
    first_write(site)


def _clients(site: Site) -> str | None:
    """Whether this machine lets them in; None where nftables does not say.

    The write that ended the promotion came by the pod network, which no gate sees.
    """
    try:
        is_open = packet_filter(site).is_open()
    except HostError as error:
        _log.error("whether this machine lets clients in is not known: %s", error)
        return None
    if is_open:
        return "let in"
    _log.error(
        "%s accepts writes, and this machine still keeps clients out: it has not read a record "
        "that it may believe - read: docs/operate.md, 'Clients are kept out of a machine'",
        site.document.cluster,
    )
    return "kept out"


def _hurry(site: Site, token: str | None, *, peer_is_silent: bool) -> Meanwhile:
    """What shortens the wait for the last segment: with a token it is there, and is asked for
    until it was replayed; without, a restore that hangs is ended.
    """

    def look_for_wal(seen: Observation) -> None:
        asked = seen.cluster.is_writer
        if seen.cluster.primary_pod and not asked and _waits_for_wal(seen.state):
            Psql.at(site, seen.cluster.primary_pod, database="postgres").query(restores.LOOK_AGAIN)

    def end_hanging(seen: Observation) -> None:
        if seen.cluster.primary_pod:
            restores.end_hanging(site, seen.cluster.primary_pod, peer_is_silent=peer_is_silent)

    return look_for_wal if token else end_hanging


def _waits_for_wal(state: PostgresState | None) -> bool:
    return state is not None and state.in_recovery
