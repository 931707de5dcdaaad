"""Ctrl-C, a closed terminal and a polite kill: one exception, so that a run ends in one way.

What always holds: an interrupted run gives up its lock, or says where it stays. What it asked a
site for may still take effect, as after any other stop.
"""

import signal
from types import FrameType

import typer

INTERRUPTED = (KeyboardInterrupt, typer.Abort)
"""A prompt turns Ctrl-C into typer's own."""
EXIT_CODE = 130
"""128 and SIGINT's number, as shells have it, where no plan was interrupted."""
_SIGNALS = ("SIGTERM", "SIGHUP")


def listen() -> None:
    """Turn those signals into KeyboardInterrupt; one that the caller ignores stays ignored."""
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
