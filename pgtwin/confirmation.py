"""The word for a loss belongs to what was shown, and to when.

What always holds: what was shown is at most two minutes old when the word is given, and the word at
most two minutes when it is acted upon. Who typed it after a long look, or whose laptop slept in
between, is shown the loss as it is now and asked again; so is who has a clock that was set back,
since nobody knows how long ago that was. And it is acted upon under the lock: who typed it on a
laptop that had slept may have lost the lock to somebody else meanwhile.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from pgtwin.run import Confirm, Run

FRESH_SECONDS = 120.0
"""Enough to read three lines and type a name."""


def under_the_lock(confirm: Confirm, hold_lock: Callable[[], None]) -> Confirm:
    """`confirm`, which then raises LockLost where the lock was lost while somebody typed."""

    def asked(text: str, word: str) -> None:
        confirm(text, word)
        hold_lock()

    return asked


class Confirmation:
    """`ask` looks and has the word given for what it saw; it raises PlanRefused without it."""

    def __init__(self, run: Run, ask: Callable[[], None]) -> None:
        self._run = run
        self._ask = ask

    def get(self) -> None:
        """Ask until the word is given for something that is still so."""
        while True:
            looked = self._run.clock.now()
            self._ask()
            given = self._run.clock.now()
            if _is_fresh(looked, given):
                break
            self._run.tell("what was shown is out of date; checking again")
        self._run.looked_at, self._run.confirmed_at = looked, given

    def renew(self) -> None:
        """Ask again where the word is too old, or was never given in this run."""
        at = self._run.confirmed_at
        if at is None or not _is_fresh(at, self._run.clock.now()):
            self.get()


def _is_fresh(then: datetime, now: datetime) -> bool:
    return timedelta() <= now - then <= timedelta(seconds=FRESH_SECONDS)
