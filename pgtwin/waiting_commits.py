"""What stops an application's writes while a site is worked on: pure, over the configuration."""

from pgtwin.rpo import WHEN_COMMITS_WAIT
from topology.rpo import NOTHING
from topology.site import SiteName
from topology.topology import Topology


def warnings(topology: Topology, away: SiteName) -> tuple[str, ...]:
    """What to say before the instances of `away`, which follows, stop; nothing in other modes.

    After a failover commits do not wait for the lost site, and this says "if".
    """
    if topology.rpo is None:
        return ()
    other = topology.other(away)
    longer = "" if topology.rpo == NOTHING else f" for longer than {topology.rpo}"
    return (
        f"rpo is {topology.rpo}: if commits wait for {away} now, {other} acknowledges no write "
        f"while {away} is away{longer} - read: docs/replication.md, {WHEN_COMMITS_WAIT!r}",
    )
