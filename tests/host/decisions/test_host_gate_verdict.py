"""When clients may reach a machine, for everything that can be read of the record."""

from itertools import product

import pytest

from host.gate.verdict import UNREAD, Sighting, Sightings, judge, writes_by_the_peer
from host.writer.record import Record

NAMES = {"primary": "postgres-cluster", "dr": "postgres-cluster-dr"}


def record(epoch: int, writer: str) -> Record:
    return Record(epoch=epoch, writer=writer, server_names=NAMES)


ABSENT = Sighting(answered=True)
COPIES = [Sighting(answered=True, record=record(e, w)) for e in (4, 5) for w in ("primary", "dr")]
REGIONS = [UNREAD, ABSENT, *COPIES]
REMEMBERED = [None, *(copy.record for copy in COPIES)]
AT_START = [None, 0, 4, 5]
EVERYTHING = [
    Sightings(own=own, peer=peer, remembered=remembered, epoch_at_start=at_start)
    for own, peer, remembered, at_start in product(REGIONS, REGIONS, REMEMBERED, AT_START)
]


def newest_epoch(seen: Sightings) -> list[str]:
    """The writers of the highest epoch that is known."""
    known = [each for each in (seen.own.record, seen.peer.record, seen.remembered) if each]
    highest = max((each.epoch for each in known), default=0)
    return sorted({each.writer for each in known if each.epoch == highest})


@pytest.mark.parametrize("vouched", [False, True])
def test_no_machine_lets_clients_in_while_the_newest_record_names_the_other_site(
    vouched: bool,
) -> None:
    for seen in EVERYTHING:
        if judge(seen, site="primary", vouched=vouched) == "open":
            assert "dr" not in newest_epoch(seen), seen


def test_a_machine_that_just_started_stays_closed_until_both_regions_have_answered() -> None:
    for seen in EVERYTHING:
        if not seen.complete and seen.epoch_at_start is None:
            assert judge(seen, site="primary") != "open", seen


def test_a_copy_that_was_there_at_the_start_is_never_believed_alone() -> None:
    for seen in EVERYTHING:
        own = seen.own.record
        if not seen.complete and own is not None and own.epoch == seen.epoch_at_start:
            assert judge(seen, site="primary") != "open", seen


def test_the_survivor_of_a_failover_lets_clients_in_while_the_other_region_is_dead() -> None:
    seen = Sightings(
        own=Sighting(answered=True, record=record(5, "dr")),
        remembered=record(4, "primary"),
        epoch_at_start=4,
    )

    assert judge(seen, site="dr") == "open"


def test_two_sites_never_let_clients_in_from_the_same_reading_of_a_record() -> None:
    for seen in EVERYTHING:
        verdicts = [judge(seen, site=site) for site in ("primary", "dr")]
        assert verdicts != ["open", "open"] or not newest_epoch(seen), seen


def test_a_copy_that_names_the_other_site_is_enough_to_close() -> None:
    seen = Sightings(peer=Sighting(answered=True, record=record(5, "dr")))

    assert judge(seen, site="primary") == "close"


def test_a_lost_region_that_returns_does_not_trust_its_own_old_copy() -> None:
    """The failover could write only the survivor's copy, and the survivor does not answer now."""
    seen = Sightings(own=Sighting(answered=True, record=record(4, "primary")))

    assert judge(seen, site="primary") == "keep"


def test_a_copy_older_than_one_that_was_seen_before_does_not_count() -> None:
    old = Sighting(answered=True, record=record(4, "primary"))
    seen = Sightings(own=old, peer=old, remembered=record(5, "dr"))

    assert judge(seen, site="primary") == "close"


def test_a_site_that_serves_goes_on_while_nothing_can_be_read() -> None:
    assert judge(Sightings(remembered=record(5, "primary")), site="primary") == "keep"


def test_both_sites_are_open_where_nothing_was_ever_promoted() -> None:
    for site in ("primary", "dr"):
        assert judge(Sightings(own=ABSENT, peer=ABSENT), site=site) == "open"


def test_a_person_may_stand_for_a_region_that_does_not_answer() -> None:
    seen = Sightings(own=Sighting(answered=True, record=record(5, "primary")))

    assert judge(seen, site="primary", vouched=True) == "open"


def test_a_site_is_no_writer_by_the_peers_copy_where_anything_names_the_other_site() -> None:
    for seen in EVERYTHING:
        if writes_by_the_peer(seen, "primary"):
            assert seen.peer.answered
            assert "dr" not in newest_epoch(seen), seen


def test_a_writer_whose_own_region_is_silent_is_one_by_the_peers_copy() -> None:
    seen = Sightings(peer=Sighting(answered=True, record=record(5, "primary")))

    assert writes_by_the_peer(seen, "primary")
