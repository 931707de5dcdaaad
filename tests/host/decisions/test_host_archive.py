"""Which segment holds a position of the WAL, in the words of its file name."""

import pytest

from host.archive.archive import segment_of


@pytest.mark.parametrize(
    ("lsn", "segment"),
    [
        ("0/3000148", (0, 3)),
        ("0/0", (0, 0)),
        ("0/FFFFFF", (0, 0)),
        ("0/1000000", (0, 1)),
        ("1A/FF000028", (0x1A, 0xFF)),
    ],
)
def test_a_position_lies_in_its_segment(lsn: str, segment: tuple[int, int]) -> None:
    assert segment_of(lsn) == segment
