"""Checksums that somebody else wrote are damage, which is said in a line that is only text."""

from pathlib import Path

import pytest

from charts.dump.fetch import CHECKSUMS, Damaged, check


@pytest.mark.parametrize(
    ("sums", "said"),
    [
        (b"\xff\xfe  toc.dat\n", "toc.dat differs from its checksum"),
        (b"\xff", r"'toc.dat'.*: in the bucket or in SHA256SUMS only"),
        (b"00  \x1b]0;x\x07\n", r"'\\x1b]0;x\\x07', 'toc.dat': in the bucket or in"),
    ],
    ids=["no text", "no line", "codes of a terminal"],
)
def test_strange_checksums_are_damage(sums: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / CHECKSUMS).write_bytes(sums)
    (tmp_path / "toc.dat").write_bytes(b"")

    with pytest.raises(Damaged, match=said):
        check(tmp_path, {CHECKSUMS, "toc.dat"})


def test_of_many_strange_names_a_few_are_named(tmp_path: Path) -> None:
    (tmp_path / CHECKSUMS).write_text("".join(f"00  {n}\n" for n in range(1000)))

    with pytest.raises(Damaged) as damaged:
        check(tmp_path, {CHECKSUMS})

    assert len(str(damaged.value)) < 200
