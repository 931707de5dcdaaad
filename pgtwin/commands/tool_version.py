"""What a program of this computer says of its version, within a bound."""

import os
import signal
import subprocess

VERSION_SECONDS = 20.0
"""One that does not answer is a wrapper that waits."""


def tool_version(program: str, seconds: float) -> str:
    """What `program --version` prints; whatever it started ends with it.

    Raises:
        OSError: when it cannot be started.
        subprocess.TimeoutExpired: when it does not end in time.
    """
    asked = subprocess.Popen(
        [program, "--version"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        return asked.communicate(timeout=seconds)[0].strip()
    except subprocess.TimeoutExpired:
        os.killpg(asked.pid, signal.SIGKILL)
        asked.communicate()
        raise
