"""When a load balancer takes a target for healthy: pure.

As a network load balancer counts (Elastic Load Balancing user guide, "Health checks for Network
Load Balancer target groups"): the first check alone decides over a new target, later ones in a row
as the thresholds say; without any healthy target, all are used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """The health check of a target group."""

    healthy: int
    unhealthy: int
    interval_seconds: float
    timeout_seconds: float


@dataclass(frozen=True, kw_only=True)
class TargetHealth:
    """What is known about one target."""

    healthy: bool | None = None
    """None before the first check."""
    in_a_row: int = 0
    """Checks that said the opposite of `healthy`, without another between."""

    def after(self, *, answered: bool, thresholds: Thresholds) -> "TargetHealth":
        """With one more check."""
        if self.healthy is None:
            return TargetHealth(healthy=answered)
        if answered == self.healthy:
            return replace(self, in_a_row=0)
        needed = thresholds.healthy if answered else thresholds.unhealthy
        if self.in_a_row + 1 >= needed:
            return TargetHealth(healthy=answered)
        return replace(self, in_a_row=self.in_a_row + 1)


def in_use(targets: Mapping[str, TargetHealth]) -> Sequence[str]:
    """The targets that new connections go to."""
    healthy = [name for name, health in targets.items() if health.healthy]
    return healthy or list(targets)
