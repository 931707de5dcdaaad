"""Copies of the record, as a look at two sites finds them."""

from collections.abc import Mapping

from pgtwin.record import Record
from pgtwin.record_copies import RecordCopies
from pgtwin.site_state import SiteState
from topology.site import SITES, SiteName


def read_everywhere(record: Record | None) -> RecordCopies:
    """Both regions answer, and hold the same."""
    return RecordCopies(read=dict.fromkeys(SITES, record))


def read_where_a_site_answers(
    states: Mapping[SiteName, SiteState | None], record: Record | None
) -> RecordCopies:
    """A region that is silent tells nothing of its copy either."""
    return RecordCopies(read={name: record for name in SITES if states[name] is not None})
