"""Ctrl-C leaves nothing running."""

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.waiting import HANGS_SECONDS, eventually


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "interruption"),
    [
        ("drill.deploy_embedded", signal.SIGINT),
        ("drill.deploy_embedded", signal.SIGTERM),
        ("drill.life", signal.SIGTERM),
    ],
)
def test_an_interrupted_deployment_leaves_no_process(
    module: str, interruption: signal.Signals
) -> None:
    mark = f"PGTWIN_TEST={uuid.uuid4()}"
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        env=os.environ | dict([mark.split("=")]),
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: any("cdk" in command for command in _commands(mark)))

    process.send_signal(interruption)

    assert process.wait(HANGS_SECONDS) in (130, 143)
    eventually(lambda: not _commands(mark))


def _commands(mark: str) -> list[str]:
    """The command lines of all processes that carry the mark in their environment."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (directory / "environ").read_bytes():
                found.append((directory / "cmdline").read_bytes().decode())
        except OSError:
            continue  # it ended, or is not ours to read
    return [command for command in found if command]
