"""What a scenario is, and what came of it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One row of build/life.json."""

    name: str
    passed: bool
    seconds: float
    lost: int | None
    """None where that was not looked at any more."""
    why: str = ""

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
