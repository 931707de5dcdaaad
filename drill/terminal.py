"""The user's terminal: the drill's own sentences reach it, and nothing else does.

What Python, a library, a thread or a child writes to standard error goes to the drill's log: a
traceback, a warning, the access log of an emulator. So it is done at the file descriptor, which
children inherit, and not in Python's hooks, each of which covers one of the ways.
"""

import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM

_STANDARD_ERROR = 2
_AGAIN_SECONDS = 0.05
_INTERRUPTED = b"\ninterrupted: ending what runs\n"


class Terminal:
    """Takes standard error away from everybody else, for as long as the process lives."""

    def __init__(self) -> None:
        self.file = os.fdopen(os.dup(_STANDARD_ERROR), "w")
        """Where sentences go."""
        self.log: Path | None = None
        """Where everything else goes, once there is a log."""
        self._held = tempfile.TemporaryFile("w+b")  # noqa: SIM115 (as long as the process)
        os.dup2(self._held.fileno(), _STANDARD_ERROR)

    def say(self, sentence: str) -> None:
        """Write one line to the terminal."""
        self.file.write(f"{sentence}\n")
        self.file.flush()

    def keep_in(self, log: Path) -> None:
        """Append to this file from now on, beginning with what came before there was one."""
        sys.stderr.flush()
        with log.open("ab") as file:
            self._held.seek(0)
            file.write(self._held.read())
            file.flush()
            os.dup2(file.fileno(), _STANDARD_ERROR)
        self.log = log


def run(command: Callable[[Terminal], int]) -> NoReturn:
    """Run a command and end this process with its exit code, or with a sentence about its error.

    Python's own end is left out: it would wait for threads, and show what Ctrl-C does to that.
    """
    terminal = Terminal()
    interrupt_once()
    end_when_terminated()
    try:
        code = command(terminal)
    except SystemExit as end:
        code = int(end.code or 0)
    except KeyboardInterrupt:
        terminal.say("interrupted; nothing is left running")
        code = INTERRUPTED
    except Exception as error:
        traceback.print_exc()
        terminal.say(_sentence(error, terminal.log))
        code = 1
    for stream in (sys.stdout, sys.stderr, terminal.file):
        stream.flush()
    os._exit(code)


def _sentence(error: Exception, log: Path | None) -> str:
    if log is None:
        return f"{type(error).__name__}: {error}"
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first}\nSee {log}"


def interrupt_once() -> None:
    """From the second Ctrl-C on it is ignored: the end that the first one began takes its time."""
    signal.signal(signal.SIGINT, _interrupt)
    sys.unraisablehook = _raise_again


def end_when_terminated() -> None:
    """SIGTERM comes as an exception, so that what this process started ends with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))


def _interrupt(_: int, __: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.write(_STANDARD_ERROR, _INTERRUPTED)
    raise KeyboardInterrupt


def _raise_again(unraisable: Any) -> None:
    """An interruption that hit a destructor, where Python drops it, comes again a little later."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        signal.signal(signal.SIGINT, _interrupt)
        # To the thread and not to the process: a signal wakes only the thread that it reaches.
        again = (threading.main_thread().ident, signal.SIGINT)
        threading.Timer(_AGAIN_SECONDS, signal.pthread_kill, again).start()
    else:
        sys.__unraisablehook__(unraisable)
