"""Who may become the writer without the other site: pure, over what was observed."""

from pgtwin.failback_check import brought_back
from pgtwin.record import Record
from pgtwin.release_check import may_be_released, was_surely_promoted
from pgtwin.site_state import SiteState
from pgtwin.switchover_check import why_not as why_no_switchover
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
        return f"{site} has no cluster - {_brought_back(survivor, record, other)}"
    if survivor.fenced:
        return (
            f"{site} was fenced, so {lost} has newer data unless it was never promoted - "
            f"{_back_or_released(survivor, record, other)}"
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
            f"{_back_or_released(site, record, other)}"
        )
    if _may_go_on(site, record, other_is_silent=other_is_silent, other=other):
        return None
    if site.accepts_writes:
        return (
            f"{name} is the writer and accepts writes: there is nothing to fail over; if the "
            f"writer's host name leads to {lost} - run: {_moving_the_name(site, record, other)}"
        )
    if other_is_silent:
        return f"{name} is the writer and does not answer, nor does {lost} - run: pgtwin status"
    takes_over = _is_free_replica(other)
    then = f"failover --to {lost}" if takes_over else "status"
    return (
        f"{name} is the writer and does not answer; a failover to it would stop {lost} - "
        f"run: pgtwin {then}"
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


def _is_free_replica(other: SiteState | None) -> bool:
    """Whether a failover to it would be let in."""
    return other is not None and other.exists and other.role == "replica" and not other.fenced


def _moving_the_name(site: SiteState, record: Record | None, other: SiteState | None) -> str:
    """Only where both sites are well a switchover to the writer is let in, which moves it alone."""
    by_record = f"pgtwin record --writer {site.site}"
    if record is None or other is None or why_no_switchover(record, old=other, new=site):
        return by_record
    return f"pgtwin switchover --to {site.site}"


def record_names(site: SiteState, record: Record | None) -> SiteName | None:
    """Whom the newest record names; the site's machines may have read one that is out of reach."""
    copied = None if record is None else record.writer
    overtaken = record is None or (site.known_epoch or 0) >= record.epoch
    return (site.known_writer if overtaken else None) or copied


def is_unfinished(site: SiteState, record: Record) -> bool:
    """Whether a switchover told the site to write, and it was not seen to write since."""
    return bool(record.token) and site.confirmed_in_epoch != record.epoch


def _brought_back(site: SiteState, record: Record | None, other: SiteState | None) -> str:
    return brought_back(site.site, record, state=site, writer=other)


def _back_or_released(site: SiteState, record: Record | None, other: SiteState | None) -> str:
    """Where the other site answers only one of the two is let in, if any."""
    back, lost = _brought_back(site, record, other), other_site(site.site)
    if other is None:
        never = "" if was_surely_promoted(lost, record) else ", with --release if it never was"
        return f"{back}{never}"
    if may_be_released(site.site, record, other=other):
        return f"run: pgtwin failback --site {site.site} --release"
    return back
