"""Who may become the writer without the other site: pure, over what was observed."""

from pgtwin.record import NO_PROMOTION, Record
from pgtwin.site_state import SiteState
from topology.site import SiteName, other_site


def why_not(
    survivor: SiteState,
    record: Record | None,
    *,
    other_is_silent: bool = False,
    other: SiteState | None = None,
) -> str | None:
    """Why the site must not become the writer without the other; None when it may.

    `record` is the newest copy of the regions that answer; None where nothing was ever promoted.
    `other_is_silent` says that the other region's copy is not among them. `other` is that site,
    where it can tell how it is.
    """
    site, lost = survivor.site, other_site(survivor.site)
    if not survivor.exists:
        return f"{site} has no cluster - {_bring_back(site, other_is_silent)}"
    if survivor.fenced:
        return (
            f"{site} was fenced, so {lost} has newer data unless it was never promoted - "
            f"{_bring_back(site, other_is_silent)}{_or_release(survivor, record)}"
        )
    if survivor.role == "replica":
        return None
    return _why_no_writer(survivor, record, other_is_silent=other_is_silent, other=other)


def _why_no_writer(
    site: SiteState, record: Record | None, *, other_is_silent: bool, other: SiteState | None
) -> str | None:
    """A site that is told to write may go on where a failover told it so, or where a switchover
    did that is not finished. Any other is the writer, and the replica that a failover would fence
    is all that is left beside it; only the alias may still have to be moved, where that replica's
    region is lost.
    """
    name, lost = site.site, other_site(site.site)
    if record_names(site, record) == lost:
        return (
            f"{name} was the writer until the record moved to {lost}, which has newer data - "
            f"{_bring_back(name, other_is_silent)}{_or_release(site, record)}"
        )
    if _may_go_on(site, record, other_is_silent=other_is_silent, other=other):
        return None
    if site.accepts_writes:
        return (
            f"{name} is the writer and accepts writes: there is nothing to fail over; if the "
            f"writer's host name leads to {lost} - run: pgtwin switchover --to {name}"
        )
    if other_is_silent:
        return f"{name} is the writer and does not answer, nor does {lost} - run: pgtwin status"
    return (
        f"{name} is the writer and does not answer; a failover to it would stop {lost} - "
        f"run: pgtwin failover --to {lost}"
    )


def _may_go_on(
    site: SiteState, record: Record | None, *, other_is_silent: bool, other: SiteState | None
) -> bool:
    if record is None:
        return False
    if record.token is None and not stands_by(other):
        return True
    if site.accepts_writes:
        return other_is_silent
    return site.accepts_writes is False and is_unfinished(site, record)


def stands_by(other: SiteState | None) -> bool:
    """Whether it is the replica that a failover would fence, and nothing tells that it should be:
    no switchover has just demoted it.
    """
    if other is None or other.role != "replica":
        return False
    return not (other.fenced or other.demotion_token)


def record_names(site: SiteState, record: Record | None) -> SiteName | None:
    """Whom the newest record names; the site's machines may have read one that is out of reach."""
    copied = None if record is None else record.writer
    overtaken = record is None or (site.known_epoch or 0) >= record.epoch
    return (site.known_writer if overtaken else None) or copied


def is_unfinished(site: SiteState, record: Record) -> bool:
    """Whether a switchover told the site to write, and it was not seen to write since."""
    return bool(record.token) and site.confirmed_in_epoch != record.epoch


def was_surely_promoted(site: SiteName, record: Record | None) -> bool:
    """Whether the record tells that the site has written: it names it, and no promotion is due."""
    return record is not None and record.writer == site and record.token == NO_PROMOTION


def _bring_back(site: SiteName, other_is_silent: bool) -> str:
    """Only from a writer that answers."""
    when = f"once {other_site(site)} answers, " if other_is_silent else ""
    return f"{when}run: pgtwin failback --site {site}"


def _or_release(site: SiteState, record: Record | None) -> str:
    if was_surely_promoted(other_site(site.site), record):
        return ""
    return ", with --release if it never was"
