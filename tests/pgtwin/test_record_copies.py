"""A copy, no copy and no answer are three things."""

from pgtwin.errors import SiteUnreachable
from pgtwin.record import Record
from pgtwin.record_copies import RecordCopies
from topology.site import SITES, SiteName


def naming(writer: SiteName, epoch: int) -> Record:
    return Record(epoch=epoch, writer=writer, server_names={"primary": "p", "dr": "d"})


def test_a_region_that_does_not_answer_is_unread_and_differs_from_none() -> None:
    copies = RecordCopies.among({"primary": naming("dr", 3), "dr": SiteUnreachable("late")})

    assert (copies.newest, set(copies.unread)) == (naming("dr", 3), {"dr"})
    assert not copies.differ


def test_a_region_without_a_copy_was_read_and_differs() -> None:
    copies = RecordCopies.among({"primary": naming("dr", 3), "dr": None})

    assert (copies.newest, len(copies.unread)) == (naming("dr", 3), 0)
    assert copies.differ
    assert not copies.are_rivals


def test_where_no_region_answers_there_is_no_newest_copy_and_none_differs() -> None:
    copies = RecordCopies.among(dict.fromkeys(SITES, SiteUnreachable("late")))

    assert (copies.newest, set(copies.unread), copies.differ) == (None, set(SITES), False)


def test_the_higher_epoch_counts_and_copies_of_one_epoch_that_name_both_sites_are_rivals() -> None:
    older = RecordCopies(read={"primary": naming("primary", 2), "dr": naming("dr", 3)})
    rivals = RecordCopies(read={"primary": naming("primary", 3), "dr": naming("dr", 3)})

    assert older.newest == naming("dr", 3)
    assert not older.are_rivals
    assert older.differ
    assert rivals.are_rivals
