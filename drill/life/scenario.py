"""What a scenario is, and what came of it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from drill.life.system import System
from topology.site import SiteName


class NotAsPromised(Exception):  # noqa: N818 (what was seen)
    """Something was not as the scenario promises; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A promise about deployments, and how it is played."""

    name: str
    promise: str
    play: Callable[[System], int]
    """Plays it on a system of its own that was never deployed; how many objects, volumes or secrets
    were lost that had to stay."""
    site: SiteName = "dr"
    """Which stack is deployed; most need only the smaller one."""
    writer: SiteName = "primary"
    """Which site writes."""

    def where_dr_writes(self) -> "Scenario":
        """The same with the writer in the DR region, and the machines there."""
        promise = f"where DR writes: {self.promise}"
        return replace(self, name=f"dr-{self.name}", promise=promise, site="dr", writer="dr")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One row of build/life.json."""

    name: str
    passed: bool
    seconds: float
    lost: int | None
    """None where that was not looked at any more."""
    why: str = ""
    starved: str = ""
    """How busy the computer was, where that was too much to judge what was not kept."""

    @property
    def broken(self) -> bool:
        """Whether the promise was not kept on a computer that had time."""
        return not self.passed and not self.starved

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def must(holds: bool, otherwise: str) -> None:
    """Hold the scenario to its promise.

    Raises:
        NotAsPromised: where it does not hold.
    """
    if not holds:
        raise NotAsPromised(otherwise)
