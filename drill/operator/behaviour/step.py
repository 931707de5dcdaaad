"""What one look at a cluster leads to."""

from dataclasses import dataclass
from typing import Any, Literal

from drill.operator.behaviour.phases import HEALTHY, UNRECOVERABLE

Order = Literal["bootstrap", "join", "recreate", "restart", "promote"]


@dataclass(frozen=True, kw_only=True)
class Show:
    """One write of the status; None removes a field."""

    status: dict[str, Any]

    @property
    def ready(self) -> bool | None:
        """What the condition Ready becomes by it, None where it stays.

        The instance manager that finds a token unusable writes the phase alone (cloudnative-pg
        v1.30.0 internal/management/controller/instance_controller.go:191).
        """
        phase = self.status.get("phase")
        return None if phase in (None, UNRECOVERABLE) else phase == HEALTHY


@dataclass(frozen=True, kw_only=True)
class Fence:
    """The operator puts its own fence up, or takes it away."""

    up: bool


@dataclass(frozen=True, kw_only=True)
class Do:
    """An order to one instance."""

    order: Order
    instance: str


Step = Show | Fence | Do
Steps = tuple[Step, ...]
"""In their order; empty while the operator waits."""


def show(**status: Any) -> Steps:
    """One write of the status."""
    return (Show(status=status),)


def show_phase(phase: str, reason: str | None = None, **status: Any) -> Steps:
    """One write of phase and reason."""
    return show(phase=phase, phaseReason=reason, **status)
