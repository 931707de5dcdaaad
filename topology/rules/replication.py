"""Streaming replication: within a site always, and from the writer's site to the other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.postgres_settings import settings
from topology.refused import Problem
from topology.rules.postgres import in_effect

if TYPE_CHECKING:
    from topology.topology import Topology

SPARE_WAL_SENDERS = 2
"""For a base backup that streams its WAL, and for a connection that is lost but not yet noticed."""

_REPLIES = {"wal_receiver_status_interval": (1, 10)}
"""In seconds. Without its replies a commit waits for a standby forever (PostgreSQL's
walreceiver.c, XLogWalRcvSendReply)."""
_TIME_OUTS = {"wal_receiver_timeout": (1000, 10_000), "wal_sender_timeout": (1000, 10_000)}
"""In milliseconds. A writer is heard twice in that time, and one that is not heard for 10 s streams
no more (`host/postgres/stream.py`); the archive is followed once the receiver has given up."""


def no_pooler(topology: "Topology") -> Iterator[Problem]:
    if topology.streams and topology.database.pooler_instances:
        yield Problem(
            fields=("replication", "database.pooler_instances"),
            allowed="streaming without a pooler: PgBouncer would answer on the port that the other "
            "site streams from, and knows no client certificate of replication",
        )


def wal_senders(topology: "Topology") -> Iterator[Problem]:
    other_site, streaming = (1, ("replication",)) if topology.streams else (0, ())
    for name, site in topology.sites():
        text = in_effect(topology, name, "max_wal_senders")
        needed = (site.instances - 1) + other_site + SPARE_WAL_SENDERS
        if text.isascii() and text.isdecimal() and int(text) < needed:
            yield Problem(
                fields=(*streaming, f"{name}.parameters.max_wal_senders"),
                allowed=f"at least {needed}: {site.instances - 1} for this site's standbys, "
                f"{other_site} for the other site, {SPARE_WAL_SENDERS} to spare, not {text}",
            )


def replication_slots(topology: "Topology") -> Iterator[Problem]:
    """The operator keeps a slot per standby, and a new one is copied through a slot of its own
    (cloudnative-pg v1.30.0 pkg/management/postgres/join.go, ClonePgData: pg_basebackup).
    """
    known = settings(topology.database.postgres)["max_replication_slots"]
    for name, site in topology.sites():
        text = topology.parameters(name).get("max_replication_slots", "32")
        slots = known.number(text)
        needed = site.instances if site.instances > 1 else 0
        if slots is not None and slots < needed:
            yield Problem(
                fields=(f"{name}.parameters.max_replication_slots",),
                allowed=f"at least {needed}: {site.instances - 1} for this site's standbys, one to "
                f"copy a standby through, not {text}",
            )


def heard_in_time(topology: "Topology") -> Iterator[Problem]:
    known = settings(topology.database.postgres)
    bounds = {**_REPLIES, **(_TIME_OUTS if topology.streams else {})}
    for name, _ in topology.sites():
        parameters = topology.parameters(name)
        for parameter in sorted(parameters.keys() & bounds.keys()):
            found = known[parameter].number(parameters[parameter])
            least, most = bounds[parameter]
            if found is not None and not least <= found <= most:
                unit = known[parameter].unit
                yield Problem(
                    fields=(f"{name}.parameters.{parameter}",),
                    allowed=f"{least}{unit} to {most}{unit}, or it is not known in time what a "
                    f"standby has, not {parameters[parameter]}",
                )
