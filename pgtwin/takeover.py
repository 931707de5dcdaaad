"""Who may become the writer without the other site: pure, over what was observed."""

from pgtwin.record import Record
from pgtwin.site_state import SiteState
from topology.site import SiteName, other_site


def why_not(
    survivor: SiteState, record: Record | None, *, other_is_silent: bool = False
) -> str | None:
    """Why the site must not become the writer without the other; None when it may.

    `record` is the newest copy of the regions that answer; None where nothing was ever promoted.
    """
    site, other = survivor.site, other_site(survivor.site)
    if not survivor.exists:
        return f"{site} has no cluster - run: pgtwin failback --site {site}"
    if survivor.fenced:
        return (
            f"{site} was fenced, so {other} has newer data unless it was never promoted - "
            f"run: pgtwin failback --site {site}, with --release if it never was"
        )
    if survivor.role == "replica":
        return None
    return _why_no_writer(survivor, record, other_is_silent=other_is_silent)


def _why_no_writer(site: SiteState, record: Record | None, *, other_is_silent: bool) -> str | None:
    """A site that is told to write may go on where a failover told it so, or where a switchover
    did that is not finished. Any other is the writer, and the replica that a failover would fence
    is all that is left beside it; only the alias may still have to be moved, where that replica's
    region is lost.
    """
    name, other = site.site, other_site(site.site)
    if _named(site, record) == other:
        return (
            f"{name} was the writer until the record moved to {other}, which has newer data - "
            f"run: pgtwin failback --site {name}"
        )
    if record is not None and record.token is None:
        return None
    if site.accepts_writes and record is not None and other_is_silent:
        return None
    if site.accepts_writes:
        return (
            f"{name} is the writer and accepts writes: there is nothing to fail over; if the "
            f"writer's host name leads to {other} - run: pgtwin switchover --to {name}"
        )
    if site.accepts_writes is False and record is not None and _is_unfinished(site, record):
        return None
    return (
        f"{name} is the writer and does not answer; a failover to it would stop {other} - "
        f"run: pgtwin failover --to {other}"
    )


def _named(site: SiteState, record: Record | None) -> SiteName | None:
    """Whom the newest record names; the site's machines may have read one that is out of reach."""
    copied = None if record is None else record.writer
    overtaken = record is None or (site.known_epoch or 0) >= record.epoch
    return (site.known_writer if overtaken else None) or copied


def _is_unfinished(site: SiteState, record: Record) -> bool:
    """Whether a switchover told the site to write, and it was not seen to write since."""
    return bool(record.token) and site.confirmed_in_epoch != record.epoch
