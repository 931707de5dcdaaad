"""The configuration file is the user's: an edit changes one value and nothing else."""

from pathlib import Path

import pytest

from pgtwin.configuration import set_amis, set_writer
from topology.load import KNOWN_GOOD, load


def _copy(folder: Path) -> Path:
    path = folder / "config.yaml"
    path.write_text(KNOWN_GOOD.read_text())
    return path


def test_moving_the_writer_changes_one_line_and_keeps_its_comment(tmp_path: Path) -> None:
    path = _copy(tmp_path)
    before = path.read_text().splitlines()

    said = set_writer(path, "dr")

    after = path.read_text().splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [new for _, new in changed] == [
        "writer: dr      # the site that holds the writer when nothing has been promoted"
    ]
    assert "commit it" in said
    assert load(path).writer == "dr"


def test_a_writer_that_is_named_already_leaves_the_file_alone(tmp_path: Path) -> None:
    path = _copy(tmp_path)
    stamp = path.stat().st_mtime_ns

    set_writer(path, "primary")

    assert path.stat().st_mtime_ns == stamp


def test_a_file_that_cannot_be_written_is_said_to_be_edited_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said behind the promotion: the writer was moved all the same."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = _copy(tmp_path)
    monkeypatch.setattr(Path, "replace", refused)

    said = set_writer(path, "dr")

    assert "the writer was moved all the same - edit writer: to dr" in said
    assert load(path).writer == "primary"


def test_pinned_images_are_valid_and_keep_every_comment(tmp_path: Path) -> None:
    path = _copy(tmp_path)
    comments = [line for line in path.read_text().splitlines() if "#" in line]

    set_amis(path, {"primary": "ami-0123456789abcdef0", "dr": "ami-0fedcba9876543210"})

    assert [line for line in path.read_text().splitlines() if "#" in line] == comments
    assert load(path).dr.ami == "ami-0fedcba9876543210"
