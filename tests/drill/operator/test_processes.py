"""Nothing that the drill starts outlives it, however it ends."""

import os
import signal
import subprocess
import sys
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


def test_a_warm_program_prints_to_its_caller_however_slowly_that_asks(tmp_path: Path) -> None:
    slow = tmp_path / "slow.sh"
    slow.write_text('printf() { builtin printf "$@"; sleep 1; }\n', encoding="utf-8")
    with Processes(tmp_path / "work") as processes:
        asked = subprocess.run(
            processes.warm(["-c", "print('here')"]),
            env={**os.environ, "BASH_ENV": str(slow)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert (asked.returncode, asked.stdout) == (0, "here\n"), asked.stderr
