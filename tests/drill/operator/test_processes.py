"""Nothing that the drill starts outlives it, however it ends."""

import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from drill.operator.processes import CommandFailed, Processes
from drill.operator.reaper import processes_in
from drill.waiting import wait_for

DRILL = """
import pathlib, signal, subprocess, sys, time
from drill.operator.processes import Processes
# A test run in the background hands down an ignored SIGINT; a terminal does not.
signal.signal(signal.SIGINT, signal.default_int_handler)
folder = pathlib.Path(sys.argv[1])
processes = Processes(folder)
argv = ["sh", "-c", "setsid sleep 300 & sleep 300"]
processes.start(argv, cwd=folder, environment={"PATH": "/usr/bin:/bin"}, log=folder / "log")
print("started", flush=True)
time.sleep(300)
"""
_SAYS = """
import os
from said.word import PID, WORD
print(f"{WORD}, imported {'here' if PID == os.getpid() else 'before'}")
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_everything_dies_with_the_drill(end: signal.Signals, tmp_path: Path) -> None:
    drill = subprocess.Popen(
        [sys.executable, "-c", DRILL, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path.cwd()
    )
    assert drill.stdout
    assert drill.stdout.readline() == b"started\n"
    wait_for(lambda: len(processes_in(tmp_path)) >= 2, 60, "both children")

    os.kill(drill.pid, end)
    drill.wait(60)

    wait_for(lambda: not processes_in(tmp_path), 60, "the end of both")


def test_kills_one_machine_and_leaves_the_other_running(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        lost, kept = tmp_path / "lost", tmp_path / "kept"
        for machine in (lost, kept):
            machine.mkdir()
            processes.start(
                ["sleep", "300"],
                cwd=machine,
                environment={"PATH": "/usr/bin:/bin"},
                log=machine / "log",
            )
        wait_for(lambda: len(processes_in(tmp_path)) == 2, 60, "both machines")

        processes.kill(lost)

        assert processes_in(lost) == []
        assert len(processes_in(kept)) == 1


def test_says_what_a_failed_command_printed(tmp_path: Path) -> None:
    with (
        Processes(tmp_path) as processes,
        pytest.raises(CommandFailed, match="sh ended with 3: no such place"),
    ):
        processes.run(
            ["sh", "-c", "echo no such place >&2; exit 3"],
            cwd=tmp_path,
            environment={"PATH": "/usr/bin:/bin"},
            log=tmp_path / "log",
        )


def _archive(path: Path, word: str) -> Path:
    """A program in a zip file that says its word, and whether it has imported that itself."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__main__.py", _SAYS)
        archive.writestr("said/__init__.py", "")
        archive.writestr("said/word.py", f"import os\nWORD, PID = {word!r}, os.getpid()\n")
    return path


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _archive(tmp_path_factory.mktemp("known") / "program.pyz", "known")


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory, known: Path) -> Iterator[Processes]:
    with Processes(tmp_path_factory.mktemp("warm"), archives=[known]) as processes:
        yield processes


def _run(warm: Processes, *program: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        warm.warm(program),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_warm_program_prints_to_its_caller_however_slowly_that_asks(
    warm: Processes, tmp_path: Path
) -> None:
    slow = tmp_path / "slow.sh"
    slow.write_text('printf() { builtin printf "$@"; sleep 1; }\n', encoding="utf-8")

    asked = _run(warm, "-c", "print('here')", BASH_ENV=str(slow))

    assert (asked.returncode, asked.stdout) == (0, "here\n"), asked.stderr


def test_a_copy_of_the_known_program_finds_its_modules_imported(
    warm: Processes, known: Path, tmp_path: Path
) -> None:
    asked = _run(warm, str(shutil.copy(known, tmp_path / "copy.pyz")))

    assert (asked.returncode, asked.stdout) == (0, "known, imported before\n"), asked.stderr


def test_another_program_of_the_same_name_finds_its_own_modules(
    warm: Processes, tmp_path: Path
) -> None:
    asked = _run(warm, str(_archive(tmp_path / "program.pyz", "another")))

    assert (asked.returncode, asked.stdout) == (0, "another, imported here\n"), asked.stderr
