"""Whether a failback may begin, and how it is named: pure, over what was observed.

What always holds: a failback that is named leaves the writer where it is. What repairs a site moves
nobody's writer; who wants that too leaves `--stay` out, or switches over afterwards.
"""

from pgtwin.record import Record
from pgtwin.site_state import SiteState
from topology.site import SiteName, other_site

BOTH_GONE = "read: docs/restore.md, 'Both Clusters are gone'"
"""The part of that page, where neither site has a Cluster."""


def why_not(
    site: SiteName, record: Record, *, writer: SiteState, state: SiteState | None
) -> str | None:
    """Why `site` must not be brought back as a replica of `writer`; None when it may.

    `state` is that of the site; None where it does not answer.
    """
    if is_in_a_switchover(site, record, writer=writer, state=state):
        return f"a switchover to {site} was interrupted"
    if record.writer != writer.site:
        return (
            f"the record names {site} as the writer; only a site that is not the writer can be "
            "brought back"
        )
    if not (writer.role == "writer" and writer.accepts_writes):
        return f"{writer.site} does not accept writes"
    return None


def is_in_a_switchover(
    site: SiteName, record: Record, *, writer: SiteState, state: SiteState | None
) -> bool:
    """Whether the writer was demoted by a switchover to the site that has not come to its end.

    After a failover the record carries no token; what a replica shows then is of an older one.
    """
    if writer.role == "writer" or record.token is None:
        return False
    if record.writer == writer.site:
        return bool(writer.demotion_token)
    unspent = state is not None and state.promoted_in_epoch != record.epoch
    return bool(record.token) and unspent


def as_a_replica(site: SiteName) -> str:
    """The command that brings `site` back and leaves the writer where it is."""
    return f"pgtwin failback --site {site} --stay"


def brought_back(
    site: SiteName, record: Record | None, *, state: SiteState | None, writer: SiteState | None
) -> str:
    """What to run so that `site` is brought back: a failback only where it would be let in."""
    command = f"run: {as_a_replica(site)}"
    if writer is None:
        return f"once {other_site(site)} answers, {command}"
    if state is not None and not (state.exists or writer.exists):
        return BOTH_GONE
    if record is None:
        agree = state is None or state.named_writer == writer.named_writer
        record = Record(epoch=0, writer=writer.site if agree else site, server_names={})
    refused = why_not(site, record, writer=writer, state=state)
    return "run: pgtwin status" if refused else command
