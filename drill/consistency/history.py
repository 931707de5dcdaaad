"""What concurrent clients asked of the database and what they were told, with the real times.

What always holds: an operation is invoked before it is sent, and its end is taken after the answer
came. An answer that never came leaves an append `unknown`: it may have happened or not. `failed` is
only what the database itself refused before it did anything.

Each key is a list and a register. An append adds an element, which nobody else ever appends, to the
list and writes it into the register, in one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from topology.site import SiteName

Outcome = Literal["ok", "failed", "unknown"]
Elements = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One append or read of one client."""

    client: str
    kind: Literal["append", "read"]
    key: str
    site: SiteName
    """Through whose load balancer."""
    called: float
    """In seconds, on one clock for all clients."""
    returned: float
    outcome: Outcome = "ok"
    element: str = ""
    """What was appended."""
    shown: Elements = ()
    """The list as the answer showed it; an append's with its own element at the end."""
    register: str = ""
    """As a read showed it; empty where nothing was written yet."""
    on_replica: bool = False
    """Whether the instance was in recovery when it was asked: it may show an earlier moment."""

    @property
    def acknowledged(self) -> bool:
        """Whether it is an append whose commit returned."""
        return self.kind == "append" and self.outcome == "ok"

    @property
    def shows_the_writer(self) -> bool:
        """Whether its answer tells what the writer held."""
        return self.outcome == "ok" and not self.on_replica


@dataclass(frozen=True, kw_only=True)
class Failover:
    """A promotion of a site that had not received everything, and what it said it would lose."""

    to: SiteName
    began: float
    """Before the old writer was lost."""
    ended: float
    lost_since: float
    """Whatever was acknowledged earlier was said to stay."""


@dataclass(frozen=True, kw_only=True)
class History:
    """From a moment at which nobody wrote to another."""

    starts: Mapping[str, Elements]
    """Each key with its list at the beginning."""
    operations: tuple[Operation, ...]
    failover: Failover | None = None

    def of(self, key: str) -> list[Operation]:
        """The operations on one key."""
        return [each for each in self.operations if each.key == key]

    def ends(self) -> dict[str, Elements]:
        """Each key with the list that the writer showed last; that of the beginning if none did."""
        found = dict(self.starts)
        for each in sorted(self.operations, key=lambda operation: operation.returned):
            if each.kind == "read" and each.shows_the_writer:
                found[each.key] = each.shown
        return found

    def lost(self) -> list[Operation]:
        """Acknowledged appends that are not there at the end."""
        ends = self.ends()
        return [
            each
            for each in self.operations
            if each.acknowledged and each.element not in ends[each.key]
        ]
