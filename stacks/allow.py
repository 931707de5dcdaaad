"""One row of a policy, and the policy of many."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
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


def together(rows: Iterable[Allow]) -> tuple[Allow, ...]:
    """The same rights in fewer rows: those of the same actions under the same conditions are one.

    It is called as the first of them, without its site.
    """
    merged: dict[str, Allow] = {}
    for row in rows:
        same = json.dumps([row.actions, row.conditions], sort_keys=True)
        first = merged.setdefault(same, replace(row, resources=()))
        why = dict.fromkeys(each for each in (first.wildcard, row.wildcard) if each)
        merged[same] = replace(
            first,
            sid=first.sid if first.sid == row.sid else first.sid.removesuffix("Primary"),
            resources=(*first.resources, *row.resources),
            wildcard=" ".join(why),
        )
    return tuple(merged.values())


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
