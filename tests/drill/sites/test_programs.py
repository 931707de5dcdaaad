"""A machine's program calls: what the drill's process hears, and what the caller gets."""

import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from drill.sites.programs import ProgramResult, ProgramServer

LONG = "line\n" * 50_000


def echo(arguments: Sequence[str]) -> ProgramResult:
    return ProgramResult(exit_code=len(arguments), stdout=repr(arguments), stderr="a\n\nb\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bin"


@pytest.fixture
def programs(folder: Path) -> Iterator[ProgramServer]:
    programs = ProgramServer(
        {"echo": echo, "long": lambda _: ProgramResult(stdout=LONG)}, folder=folder
    )
    yield programs
    programs.close()


def call(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    for name in ("bash", "cat"):
        if not (folder / name).exists():
            (folder / name).symlink_to(str(shutil.which(name)))
    return subprocess.run(
        [str(folder / argv[0]), *argv[1:]],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_program_gets_each_argument_as_it_is(folder: Path, programs: ProgramServer) -> None:
    arguments = ["", "two words", "*", "é", "line\nline", "$HOME", "--"]

    done = call(folder, "echo", *arguments)

    assert programs.calls == [("echo", *arguments)]
    assert done.stdout == repr(arguments)


def test_a_caller_gets_exit_code_and_both_outputs_unchanged(
    folder: Path, programs: ProgramServer
) -> None:
    done = call(folder, "echo", "1", "2", "3")

    assert (done.returncode, done.stderr) == (3, "a\n\nb\n")
    assert call(folder, "long").stdout == LONG


def test_a_call_that_cannot_be_made_fails(folder: Path, programs: ProgramServer) -> None:
    programs.close()

    assert call(folder, "echo").returncode


def test_a_caller_that_was_killed_leaves_no_traceback(
    folder: Path, programs: ProgramServer, capfd: pytest.CaptureFixture[str]
) -> None:
    port = int((folder / "echo").read_text(encoding="utf-8").split()[-3])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as killed:
        killed.sendall(b"2\0echo\0")

    assert call(folder, "echo").returncode == 0
    assert capfd.readouterr().err == ""
