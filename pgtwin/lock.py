"""The lock of the operators: one parameter in each region."""

import json
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any

LASTS_SECONDS = 900.0
"""A laptop that was suspended for longer has lost it. It is extended before each step, and while a
step runs (`pgtwin/lock_keeper.py`), so that no step has to be shorter."""

RUN_VARIABLE = "PGTWIN_RUN"
"""Under whose lock a command works that a run has started, such as the deployment of a roll."""
LONGEST_SECONDS = 86_400.0
"""No lock of ours asks for a day; one that says so would keep a failover from everybody."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Who operates on the two sites.

    How old it is tells the region where it is kept, never the machine that reads it. After its time
    anyone may take it: the gate against a late command of the former holder is the record.
    """

    owner: str
    """`user@machine`, for people."""
    run: str
    """The run's id: an interrupted run takes up its own lock again."""
    what: str
    since: str
    """UTC, ISO 8601, by the holder's clock; for people."""
    lasts_seconds: float = LASTS_SECONDS

    @classmethod
    def parse(cls, text: str) -> "Lock":
        """Read a lock as it is stored; keys that are not known here are left out.

        Raises:
            ValueError: where it is none.
        """
        try:
            document: Any = json.loads(text)
            known = {key: document[key] for key in cls.__dataclass_fields__ if key in document}
            lock = cls(**known)
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError("not the JSON of a lock") from error
        lines = (lock.owner, lock.run, lock.what, lock.since)
        if not all(isinstance(line, str) and line.isprintable() for line in lines):
            raise ValueError("owner, run, what, since: one line of text each")
        if type(lock.lasts_seconds) not in (int, float):
            raise ValueError("lasts_seconds: a number")
        if not abs(lock.lasts_seconds) <= LONGEST_SECONDS:  # not so for NaN either
            raise ValueError(f"lasts_seconds: {LONGEST_SECONDS:.0f} at most")
        return lock

    def text(self) -> str:
        """The lock as it is stored."""
        return json.dumps(asdict(self))

    def given_up(self) -> "Lock":
        """What is stored once its run is over: a lock that holds for no time."""
        return replace(self, lasts_seconds=0.0)

    def __str__(self) -> str:
        return f"{self.owner} since {self.since} ({self.what})"

    def after(self, age_seconds: float) -> str:
        """Who holds it, and for how long yet, where it was extended `age_seconds` ago."""
        left = max(0, ceil((self.lasts_seconds - age_seconds) / 60))
        return f"{self}, for {left} more min at most"

    def holds_after(self, age_seconds: float) -> bool:
        """Whether the lock still counts where it was extended `age_seconds` ago."""
        return age_seconds < self.lasts_seconds
