"""The journal: enough to take up an interrupted run, and never in its way."""

import errno
import fcntl
import json
import os
import pwd
import socket
from pathlib import Path

import pytest

from pgtwin.commands.carry_out import owner
from pgtwin.commands.file_journal import (
    ENDED,
    FileJournal,
    interrupted_run,
    is_over,
    journal_folder,
    was_interrupted_last,
)
from pgtwin.errors import Locked
from tests.pgtwin.conftest import run_pgtwin

WHAT = "switchover --to dr"
RUN = "20261122T100000Z-0a1b2c"


def test_a_run_without_an_end_is_taken_up_by_the_same_command_only(tmp_path: Path) -> None:
    _interrupted("run-1", tmp_path)

    assert interrupted_run(WHAT, tmp_path) == "run-1"
    assert interrupted_run("failover --to dr", tmp_path) is None


@pytest.mark.parametrize(("system", "code"), [("another", 0), ("pgtwin", 5)])
def test_a_run_of_another_system_on_this_machine_is_nobodys_business(
    system: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    under_way = FileJournal(RUN, WHAT, journal_folder(system))

    typed = run_pgtwin(*WHAT.split(), "--dry-run", environment=dict(os.environ))

    assert typed.returncode == code, typed.stderr
    assert under_way.path.read_text().count("\n") == 1, "only that it began"


def test_a_user_without_a_name_and_a_home_operates_without_a_journal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A container that runs as a number."""
    for name in ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def unknown(number: int) -> object:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    folder = journal_folder("pgtwin")

    assert owner() == f"user {os.getuid()}@{socket.gethostname()}"
    assert interrupted_run(WHAT, folder) is None
    FileJournal(RUN, WHAT, folder).note("demote", "begun")
    assert not is_over(RUN, folder)


def test_a_run_with_an_end_is_not_taken_up(tmp_path: Path) -> None:
    FileJournal("run-1", WHAT, tmp_path).note("demote", "begun")
    journal = FileJournal("run-2", WHAT, tmp_path)
    journal.note("demote", "done")
    journal.note("", ENDED, "done")

    assert interrupted_run(WHAT, tmp_path) is None


def test_a_run_that_was_killed_before_its_first_step_is_known_to_be_dead(tmp_path: Path) -> None:
    FileJournal(RUN, WHAT, tmp_path)

    assert is_over(RUN, tmp_path)
    assert interrupted_run(WHAT, tmp_path) == RUN


def test_a_line_that_was_cut_off_does_not_hide_the_run(tmp_path: Path) -> None:
    path = _interrupted("run-1", tmp_path)
    with path.open("a") as file:
        file.write('{"at": "2026-')

    assert interrupted_run(WHAT, tmp_path) == "run-1"


def test_each_line_is_an_object_with_its_time(tmp_path: Path) -> None:
    journal = FileJournal("run-1", WHAT, tmp_path)
    journal.note("demote", "failed", "no answer")

    begun, line = map(json.loads, journal.path.read_text().splitlines())

    assert begun["event"] == "begun"
    assert (line["step"], line["event"], line["detail"]) == ("demote", "failed", "no answer")
    assert line["at"].endswith("Z")


def test_a_journal_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    FileJournal("run-1", WHAT, tmp_path / "file").note("promote", "begun")


def test_a_run_that_is_under_way_is_not_taken_up_by_a_second_terminal(tmp_path: Path) -> None:
    journal = FileJournal("run-1", WHAT, tmp_path)
    journal.note("demote", "begun")

    with pytest.raises(Locked, match="run-1"):
        interrupted_run(WHAT, tmp_path)


@pytest.mark.parametrize("content", [b"", b"null\n", b"[1]\n", b'"text"\n', b"\xff\xfe\x00\n"])
def test_what_is_no_journal_is_passed_over(tmp_path: Path, content: bytes) -> None:
    _interrupted("run-1", tmp_path)
    (tmp_path / "run-2.jsonl").write_bytes(content)
    (tmp_path / "run-3.jsonl").mkdir()

    assert interrupted_run(WHAT, tmp_path) == "run-1"


def _interrupted(run: str, folder: Path) -> Path:
    """The journal of a run whose process is gone."""
    journal = FileJournal(run, WHAT, folder)
    journal.note("demote", "begun")
    path = journal.path
    del journal
    return path


def test_a_run_is_over_once_its_journal_says_so(tmp_path: Path) -> None:
    assert not is_over(RUN, tmp_path)

    journal = FileJournal(RUN, WHAT, tmp_path)
    journal.note("promote", "done")
    assert not is_over(RUN, tmp_path)

    journal.note("", ENDED, "done")
    assert is_over(RUN, tmp_path)


def test_a_run_is_over_once_its_process_is_dead(tmp_path: Path) -> None:
    _interrupted(RUN, tmp_path)

    assert is_over(RUN, tmp_path)


def test_only_the_machine_that_runs_it_can_tell_that_a_run_is_dead(tmp_path: Path) -> None:
    path = _interrupted(RUN, tmp_path)
    path.write_text(path.read_text().replace(socket.gethostname(), "another-laptop"))

    assert not is_over(RUN, tmp_path)
    assert interrupted_run(WHAT, tmp_path) is None


def test_of_two_terminals_that_take_up_a_dead_run_one_carries_it_on(tmp_path: Path) -> None:
    _interrupted(RUN, tmp_path)
    first, second = interrupted_run(WHAT, tmp_path), interrupted_run(WHAT, tmp_path)
    assert first == second == RUN

    journal = FileJournal(first, WHAT, tmp_path)
    with pytest.raises(Locked, match=RUN):
        FileJournal(second, WHAT, tmp_path)

    journal.note("demote", "done")
    assert not is_over(RUN, tmp_path)


def test_a_run_whose_journal_cannot_be_locked_is_never_taken_for_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    _interrupted(RUN, tmp_path)
    monkeypatch.undo()

    assert not is_over(RUN, tmp_path)


def test_the_newest_run_tells_what_was_interrupted_last(tmp_path: Path) -> None:
    assert not was_interrupted_last(WHAT, tmp_path)

    _interrupted("run-1", tmp_path)
    assert was_interrupted_last(WHAT, tmp_path)
    assert not was_interrupted_last("failover --to dr", tmp_path)

    FileJournal("run-2", "backup now", tmp_path).note("", ENDED, "done")
    assert not was_interrupted_last(WHAT, tmp_path)


@pytest.mark.parametrize("run", ["", "../ended", "/etc/hosts", "20261122T100000Z-0a1b2c\n"])
def test_what_is_no_runs_id_names_no_journal(tmp_path: Path, run: str) -> None:
    FileJournal("ended", WHAT, tmp_path).note("", ENDED, "done")

    assert not is_over(run, tmp_path / "folder")
