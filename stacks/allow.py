"""One row of a policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Allow:
    """What is allowed on what, and why a wildcard among the resources is as narrow as it gets."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    wildcard: str = ""
    conditions: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a wildcard that nobody explained."""
        if not self.wildcard and any("*" in resource for resource in self.resources):
            raise ValueError(f"{self.sid}: say why a wildcard is needed")
