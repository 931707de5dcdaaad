"""Whether a failover may be given up for the old writer: pure, over what was observed."""

from pgtwin.record import NO_PROMOTION, Record
from pgtwin.site_state import SiteState
from topology.site import SiteName, other_site


def may_be_released(site: SiteName, record: Record | None, *, other: SiteState | None) -> bool:
    """Whether the other site was not promoted, as far as it or the record tells."""
    if other is None or not other.exists:
        return not was_surely_promoted(other_site(site), record)
    return other.role == "replica"


def was_surely_promoted(site: SiteName, record: Record | None) -> bool:
    """Whether the record tells that the site has written: it names it, and no promotion is due."""
    return record is not None and record.writer == site and record.token == NO_PROMOTION


def is_no_old_writer(site: SiteState, record: Record | None) -> bool:
    """Whether the site is a replica that nothing stopped or demoted, nor has yet to promote.

    To name it as the writer would promote nobody, and stop the writer as soon as that reads it.
    """
    due = record is not None and record.writer == site.site and bool(record.token)
    told = due or bool(site.demotion_token)
    return site.role == "replica" and not (site.fenced or told)
