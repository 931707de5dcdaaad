"""The commands around a recording."""

import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from drill.rig.__main__ import main
from drill.rig.record import head, part, record
from drill.waiting import wait_for

LINES: list[dict[str, Any]] = [
    {"seconds": 0.0, "kind": "cluster", "name": "one", "phase": "a"},
    {"seconds": 0.0, "kind": "pod", "name": "one-9", "ready": True},
    {"seconds": 1.0, "kind": "pod", "name": "one-9", "deleted": True},
    {"seconds": 2.0, "kind": "input", "name": "", "what": "fence"},
    {"seconds": 3.0, "kind": "cluster", "name": "one", "phase": "b"},
    {"seconds": 9.0, "kind": "cluster", "name": "one", "phase": "c"},
    {"seconds": 11.0, "kind": "cluster", "name": "one", "phase": "d"},
]
KINDS = {"cluster", "backup", "pod"}


def kinds(file: Path) -> set[str]:
    """Of the lines that are whole."""
    lines = file.read_text("utf-8").rpartition("\n")[0].splitlines()
    return {json.loads(each)["kind"] for each in lines[1:]}


@pytest.fixture
def _handlers() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.usefixtures("_handlers")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_recording_ends_by_a_signal_with_the_file_whole(
    tmp_path: Path, number: signal.Signals
) -> None:
    file = tmp_path / "whole.jsonl"
    item = {"metadata": {"name": "one"}, "spec": {}}
    text = json.dumps({"type": "ADDED", "object": item})

    def kubectl(_: Sequence[str]) -> Sequence[str]:
        return ["sh", "-c", f"echo '{text}'; exec sleep 600"]

    def end() -> None:
        try:
            wait_for(lambda: kinds(file) >= KINDS, 60, "a line of each kind")
        finally:
            os.kill(os.getpid(), number)

    file.touch()
    ending = threading.Thread(target=end)
    ending.start()
    record(kubectl, file, what="nothing happens")
    ending.join()

    assert file.read_text("utf-8").endswith("}\n")
    assert kinds(file) >= KINDS


def test_a_part_begins_with_how_everything_stood() -> None:
    assert list(part(LINES, start=5, end=10)) == [
        {"seconds": 0.0, "kind": "cluster", "name": "one", "phase": "b"},
        {"seconds": 4.0, "kind": "cluster", "name": "one", "phase": "c"},
    ]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A recording of all `LINES`."""
    file = tmp_path / "whole.jsonl"
    lines = [{"recording": "whole", "what": "all", "cut": False}, *LINES]
    file.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    return file


def test_a_part_is_written_with_a_first_line_of_its_own(whole: Path, tmp_path: Path) -> None:
    file = tmp_path / "fence.jsonl"

    assert main(["cut", str(whole), str(file), "2", "10", "--what", "a fence"]) == 0

    first, *rest = (json.loads(each) for each in file.read_text("utf-8").splitlines())
    assert first == {"recording": "fence", "what": "a fence", "cut": False, "from": "whole"}
    assert rest == list(part(LINES, start=2, end=10))


def test_what_was_done_to_the_site_is_put_where_it_belongs(whole: Path, tmp_path: Path) -> None:
    file = tmp_path / "part.jsonl"

    assert main(["cut", str(whole), str(file), "2.5", "10", "--done", "8.5=delete pod one-1"]) == 0

    _, *rest = (json.loads(each) for each in file.read_text("utf-8").splitlines())
    assert [(each["seconds"], each["kind"]) for each in rest[1:]] == [
        (0.5, "cluster"),
        (6.0, "input"),
        (6.5, "cluster"),
    ]
    assert rest[2]["what"] == "delete pod one-1"


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
