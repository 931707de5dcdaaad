"""What stops an application's writes while a site is worked on: pure, over the configuration."""

from pgtwin.rpo import WHEN_COMMITS_WAIT
from topology.rpo import FOR_EVER
from topology.site import SiteName
from topology.topology import Topology


def warnings(topology: Topology, away: SiteName) -> tuple[str, ...]:
    """What to say before the instances of `away`, which follows, stop; nothing in other modes.

    After a failover commits do not wait for the lost site, and this says "if". With a promise of
    seconds they wait no longer than that.
    """
    if topology.rpo != FOR_EVER:
        return ()
    other = topology.other(away)
    return (
        f"rpo is 0: if commits wait for {away} now, {other} acknowledges no write while {away} is "
        f"away - read: docs/replication.md, {WHEN_COMMITS_WAIT!r}",
    )
