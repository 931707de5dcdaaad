"""Streaming replication: within a site always, and from the writer's site to the other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.refused import Problem
from topology.rules.postgres import HOT_STANDBY_PARAMETERS

if TYPE_CHECKING:
    from topology.topology import Topology

SPARE_WAL_SENDERS = 2
"""For a base backup that streams its WAL, and for a connection that is lost but not yet noticed."""


def no_pooler(topology: "Topology") -> Iterator[Problem]:
    if topology.streams and topology.database.pooler_instances:
        yield Problem(
            fields=("replication", "database.pooler_instances"),
            allowed="streaming without a pooler: PgBouncer would answer on the port that the other "
            "site streams from, and knows no client certificate of replication",
        )


def wal_senders(topology: "Topology") -> Iterator[Problem]:
    default = str(HOT_STANDBY_PARAMETERS["max_wal_senders"])
    other_site, streaming = (1, ("replication",)) if topology.streams else (0, ())
    for name, site in topology.sites():
        text = topology.parameters(name).get("max_wal_senders", default)
        needed = (site.instances - 1) + other_site + SPARE_WAL_SENDERS
        if text.isascii() and text.isdecimal() and int(text) < needed:
            yield Problem(
                fields=(*streaming, f"{name}.parameters.max_wal_senders"),
                allowed=f"at least {needed}: {site.instances - 1} for this site's standbys, "
                f"{other_site} for the other site, {SPARE_WAL_SENDERS} to spare, not {text}",
            )
