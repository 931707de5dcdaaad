"""The lock of the operators: one parameter in each region."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Who operates on the two sites, and until when they say so."""

    owner: str
    """`user@machine`, for people."""
    run: str
    """The run's id: an interrupted run takes up its own lock again."""
    what: str
    since: str
    expires: str
    """UTC, ISO 8601. After it anyone may take the lock: the gate against a late command of the
    former holder is the record, not the lock."""

    @classmethod
    def parse(cls, text: str) -> "Lock":
        """Read a lock as it is stored."""
        return cls(**json.loads(text))

    def text(self) -> str:
        """The lock as it is stored."""
        return json.dumps(asdict(self))

    def __str__(self) -> str:
        return f"{self.owner} since {self.since} ({self.what}), until {self.expires} at the latest"

    def holds_at(self, now: datetime) -> bool:
        """Whether the lock still counts at the time `now`."""
        return now < datetime.fromisoformat(self.expires)
