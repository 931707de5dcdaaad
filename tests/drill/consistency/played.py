"""Histories by hand: one key, clients that overlap, and a database that does as it is told."""

from drill.consistency.history import Elements, Failover, History, Operation, Outcome
from topology.site import SiteName

KEY = "k"
TAKES_SECONDS, BETWEEN_SECONDS = 1.5, 1.0
"""Each call overlaps with the next one."""


class Played:
    """Notes what clients were told; `elements` is what the database holds, for tests to harm."""

    def __init__(self, *start: str) -> None:
        self.now = 0.0
        self.elements: Elements = start
        self._start = start
        self._operations: list[Operation] = []
        self._failover: Failover | None = None

    def append(
        self,
        element: str,
        *,
        site: SiteName = "primary",
        outcome: Outcome = "ok",
        happens: bool = True,
    ) -> None:
        """One client appends."""
        if happens:
            self.elements = (*self.elements, element)
        shown = self.elements if outcome == "ok" else ()
        self._note("append", site, outcome=outcome, element=element, shown=shown)

    def read(self, site: SiteName = "primary", *, on_replica: bool = False) -> None:
        """One client reads."""
        last = self.elements[-1] if self.elements else ""
        self._note("read", site, shown=self.elements, register=last, on_replica=on_replica)

    def read_register(self, register: str) -> None:
        """One client reads a register that is not the end of the list."""
        self._note("read", "primary", shown=self.elements, register=register)

    def fail_over(self, *, keeps: int, tail_seconds: float) -> None:
        """The writer is lost; DR has the first elements, and the command names a tail."""
        self.now += TAKES_SECONDS
        began, self.now = self.now, self.now + 10
        self.elements = self.elements[:keeps]
        self._failover = Failover(
            to="dr", began=began, ended=self.now, lost_since=began - tail_seconds
        )

    def history(self) -> History:
        """All of it, ended by a read while nobody else is about."""
        self.now += TAKES_SECONDS
        self.read("dr" if self._failover else "primary")
        return History(
            starts={KEY: self._start},
            operations=tuple(self._operations),
            failover=self._failover,
        )

    def _note(self, kind: str, site: SiteName, **told: object) -> None:
        noted = Operation(
            client=f"client {len(self._operations) % 3}",
            kind=kind,  # type: ignore[arg-type]
            key=KEY,
            site=site,
            called=self.now,
            returned=self.now + TAKES_SECONDS,
            **told,  # type: ignore[arg-type]
        )
        self._operations.append(noted)
        self.now += BETWEEN_SECONDS
