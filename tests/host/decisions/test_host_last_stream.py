"""Since when a replica does not stream is told from its own life alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from host.evidence.last_stream import life, saw, seen_at
from host.machine.rooted_files import RootedFiles

NOW = datetime(2026, 11, 26, 3, 12, tzinfo=UTC)
HERE = life(3, "postgres-cluster-dr")


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (HERE, "2026-11-26T03:12:00Z"),
        (life(4, "postgres-cluster-dr"), None),
        (life(3, "postgres-cluster-dr-g2"), None),
        (life(None, "postgres-cluster-dr"), None),
        (life(3, None), None),
    ],
    ids=["the same life", "the writer changed", "a clone", "no record", "no cluster"],
)
def test_what_an_earlier_life_saw_is_not_told(tmp_path: Path, now: str | None, said: str) -> None:
    files = RootedFiles(str(tmp_path))
    saw(files, NOW, HERE)

    assert seen_at(files, now) == said


def test_nothing_is_noted_of_a_life_that_is_not_known(tmp_path: Path) -> None:
    files = RootedFiles(str(tmp_path))
    saw(files, NOW, HERE)
    saw(files, datetime(2026, 11, 27, tzinfo=UTC), None)

    assert seen_at(files, HERE) == "2026-11-26T03:12:00Z"
