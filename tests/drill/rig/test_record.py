"""The commands around a recording."""

import json
from pathlib import Path
from typing import Any

import pytest

from drill.rig.__main__ import main
from drill.rig.record import head, part

LINES: list[dict[str, Any]] = [
    {"seconds": 0.0, "kind": "cluster", "name": "one", "phase": "a"},
    {"seconds": 0.0, "kind": "pod", "name": "one-9", "ready": True},
    {"seconds": 1.0, "kind": "pod", "name": "one-9", "deleted": True},
    {"seconds": 2.0, "kind": "input", "name": "", "what": "fence"},
    {"seconds": 3.0, "kind": "cluster", "name": "one", "phase": "b"},
    {"seconds": 9.0, "kind": "cluster", "name": "one", "phase": "c"},
    {"seconds": 11.0, "kind": "cluster", "name": "one", "phase": "d"},
]


def test_a_part_begins_with_how_everything_stood() -> None:
    assert list(part(LINES, start=5, end=10)) == [
        {"seconds": 0.0, "kind": "cluster", "name": "one", "phase": "b"},
        {"seconds": 4.0, "kind": "cluster", "name": "one", "phase": "c"},
    ]


def test_a_part_is_written_with_a_first_line_of_its_own(tmp_path: Path) -> None:
    whole, file = tmp_path / "whole.jsonl", tmp_path / "fence.jsonl"
    lines = [{"recording": "whole", "what": "all", "cut": False}, *LINES]
    whole.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")

    assert main(["cut", str(whole), str(file), "2", "10", "--what", "a fence"]) == 0

    first, *rest = (json.loads(each) for each in file.read_text("utf-8").splitlines())
    assert first == {"recording": "fence", "what": "a fence", "cut": False, "from": "whole"}
    assert rest == list(part(LINES, start=2, end=10))


def test_a_recording_says_with_which_versions_it_was_made() -> None:
    assert head(Path("fence.jsonl"), what="a fence")["versions"].keys() == {
        "kubernetes",
        "cloudnative-pg",
        "plugin-barman-cloud",
        "postgresql",
    }


def test_a_whole_that_is_not_there_is_told_on_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cut", str(tmp_path / "none"), str(tmp_path / "file"), "0", "1"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
