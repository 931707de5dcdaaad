"""One row of a policy, and the policy of many."""

from collections.abc import Iterable, Mapping
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


def policy(rows: Iterable[Allow]) -> dict[str, Any]:
    """The rows as IAM reads them."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": row.sid,
                "Effect": "Allow",
                "Action": list(row.actions),
                "Resource": list(row.resources),
                **({"Condition": dict(row.conditions)} if row.conditions else {}),
            }
            for row in rows
        ],
    }
