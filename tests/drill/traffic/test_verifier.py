"""What counts as lost, and what as a phantom."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from drill.traffic.acknowledgements import Acknowledged, Acknowledgements, first_by
from drill.traffic.ledger import Row
from drill.traffic.verifier import Found, compare, verify

NUMBERS = st.sets(st.integers(min_value=1, max_value=50))


def found(number: int) -> tuple[int, str, str]:
    row = Row(run="r", number=number)
    return number, row.payload, row.checksum


@given(acknowledged=NUMBERS, kept=NUMBERS)
def test_lost_is_what_was_acknowledged_and_is_absent(
    acknowledged: set[int], kept: set[int]
) -> None:
    promised = [
        Acknowledged(number=number, at=float(number), by="primary")
        for number in sorted(acknowledged)
    ]

    comparison = compare("r", 50, promised, map(found, kept))

    assert {row.number for row in comparison.lost} == acknowledged - kept
    assert comparison.phantom == ()


def test_a_row_in_doubt_is_neither_lost_nor_a_phantom() -> None:
    assert compare("r", 1, [], [found(1)]).phantom == ()
    assert compare("r", 1, [], []).lost == ()


def test_a_row_that_was_never_sent_is_a_phantom() -> None:
    assert compare("r", 3, [], [found(4)]).phantom == (4,)


def test_a_row_that_differs_from_what_was_sent_is_lost_and_a_phantom() -> None:
    number, payload, checksum = found(1)

    comparison = compare(
        "r", 1, [Acknowledged(number=1, at=0.0, by="primary")], [(number, payload + "!", checksum)]
    )

    assert comparison.phantom == (1,)
    assert len(comparison.lost) == 1


def test_the_rpo_is_the_age_of_the_oldest_lost_row_at_the_cut() -> None:
    promised = [
        Acknowledged(number=number, at=100.0 + number, by="primary") for number in (1, 2, 3)
    ]

    assert compare("r", 3, promised, [found(1)]).rpo_seconds(cut_at=105.0) == 3.0
    assert compare("r", 3, promised, map(found, (1, 2, 3))).rpo_seconds(cut_at=105.0) == 0.0


def test_what_a_dying_site_acknowledged_after_the_cut_is_no_negative_loss() -> None:
    moments = {2: 102.0, 3: 103.5}
    promised = [Acknowledged(number=each, at=at, by="primary") for each, at in moments.items()]

    assert compare("r", 3, promised, [found(1)]).rpo_seconds(cut_at=101.0) == 1.5


def test_a_commit_during_the_look_is_neither_lost_nor_a_phantom(tmp_path: Path) -> None:
    """The writer need not have stopped: on a busy machine its last commit takes its time."""
    notes = Acknowledgements(tmp_path / "notes")
    notes.acknowledge(notes.next_number(), "primary")

    def look() -> list[Found]:
        in_time = notes.next_number()
        too_late = notes.next_number()
        notes.acknowledge(in_time, "primary")
        notes.acknowledge(too_late, "primary")
        return [found(1), found(in_time)]

    comparison = verify("r", notes, look)

    assert comparison.lost == ()
    assert comparison.phantom == ()


def test_the_first_write_of_a_site_does_not_depend_on_when_the_last_of_the_other_was_noted() -> (
    None
):
    rows = [
        Acknowledged(number=1, at=10.0, by="primary"),
        Acknowledged(number=2, at=99.0, by="primary"),
        Acknowledged(number=5, at=100.0, by="dr"),
    ]

    assert first_by("dr", rows) == rows[2]
    assert first_by("dr", rows[:2]) is None


def test_a_failed_commit_uses_up_a_number(tmp_path: Path) -> None:
    notes = Acknowledgements(tmp_path / "notes")
    notes.acknowledge(notes.next_number(), "primary")
    notes.next_number()
    notes.acknowledge(notes.next_number(), "primary")

    assert (notes.count, notes.newest) == (2, 3)


def test_an_acknowledgement_is_on_disk_before_the_next_row_is_sent(tmp_path: Path) -> None:
    notes = Acknowledgements(tmp_path / "notes")
    notes.acknowledge(notes.next_number(), "primary")
    notes.next_number()

    lines = (tmp_path / "notes").read_text(encoding="utf-8").splitlines()

    assert [line.split()[:2] for line in lines] == [
        ["sent", "1"],
        ["acknowledged", "1"],
        ["sent", "2"],
    ]
