"""Who owns which field: the `managedFields` of server-side apply.

An applier owns the fields it applied. Applying a value that differs from what another manager owns
is a conflict, unless forced; forcing takes the field over. A field that its only applier no longer
applies is removed. Any other write takes over what it changes.
"""

import json
from dataclasses import dataclass
from typing import Any

from drill.kubernetes.objects.field_paths import (
    ListKeys,
    Path,
    field_paths,
    from_fields_v1,
    merged,
    to_fields_v1,
    value_at,
    without,
)
from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError

Owners = dict[tuple[str, str, str], frozenset[Path]]
"""By manager, operation (`Apply` or `Update`) and subresource."""


@dataclass(frozen=True, kw_only=True)
class FieldOwners:
    """The owners of one object's fields."""

    owners: Owners
    list_keys: ListKeys

    @classmethod
    def of(cls, live: Object | None, list_keys: ListKeys) -> "FieldOwners":
        """What an object's metadata says."""
        entries = (live or {}).get("metadata", {}).get("managedFields", [])
        return cls(
            owners={
                (entry["manager"], entry["operation"], entry.get("subresource", "")): (
                    from_fields_v1(entry["fieldsV1"])
                )
                for entry in entries
            },
            list_keys=list_keys,
        )

    def apply(
        self, live: Object, applied: Object, *, manager: str, force: bool
    ) -> tuple[Object, "FieldOwners"]:
        """The object after an apply, and its owners.

        Raises:
            StatusError: 409 naming every field that another manager holds at another value.
        """
        me = (manager, "Apply", "")
        wanted = field_paths(applied, self.list_keys)
        conflicts = self._conflicts(live, applied, wanted, me)
        if conflicts and not force:
            raise _conflict(conflicts)
        taken = frozenset(path for paths in conflicts.values() for path in paths)
        owners = {owner: paths - taken for owner, paths in self.owners.items()} | {me: wanted}
        others = frozenset().union(*(paths for owner, paths in owners.items() if owner != me))
        dropped = self.owners.get(me, frozenset()) - wanted - others
        result = merged(without(live, dropped, self.list_keys), applied, self.list_keys)
        return result, FieldOwners(owners=owners, list_keys=self.list_keys)

    def update(
        self, old: Object | None, new: Object, *, manager: str, subresource: str = ""
    ) -> "FieldOwners":
        """The owners after a write that is not an apply."""
        before = field_paths(old or {}, self.list_keys)
        after = field_paths(new, self.list_keys)
        changed = frozenset(
            path
            for path in after
            if path not in before
            or value_at(old, path, self.list_keys) != value_at(new, path, self.list_keys)
        )
        me = (manager, "Update", subresource)
        owners = {owner: (paths & after) - changed for owner, paths in self.owners.items()}
        owners[me] = owners.get(me, frozenset()) | changed
        return FieldOwners(owners=owners, list_keys=self.list_keys)

    def entries(self, api_version: str, now: str, previous: list[Any]) -> list[dict[str, Any]]:
        """The `managedFields`; an entry that did not change keeps its time."""
        entries = []
        for (manager, operation, subresource), paths in sorted(self.owners.items()):
            entry = {
                "manager": manager,
                "operation": operation,
                "apiVersion": api_version,
                "fieldsType": "FieldsV1",
                "fieldsV1": to_fields_v1(paths),
                **({"subresource": subresource} if subresource else {}),
            }
            if paths:
                same = (old for old in previous if {**old, "time": ""} == {**entry, "time": ""})
                entries.append(next(same, {**entry, "time": now}))
        return entries

    def _conflicts(
        self, live: Object, applied: Object, wanted: frozenset[Path], me: tuple[str, str, str]
    ) -> dict[str, list[Path]]:
        differing = {
            path
            for path in wanted
            if _differs(
                value_at(live, path, self.list_keys), value_at(applied, path, self.list_keys)
            )
        }
        found: dict[str, list[Path]] = {}
        for owner, paths in self.owners.items():
            for path in sorted(self._overlapping(paths, differing)) if owner != me else ():
                found.setdefault(f'"{owner[0]}"', []).append(path)
        return found

    @staticmethod
    def _overlapping(owned: frozenset[Path], differing: set[Path]) -> set[Path]:
        return {
            mine
            for mine in owned
            for theirs in differing
            if mine[: len(theirs)] == theirs or theirs[: len(mine)] == mine
        }


def _differs(live: Any, applied: Any) -> bool:
    sets_nothing = applied == {} and isinstance(live, dict)
    return live != applied and not sets_nothing


def _conflict(conflicts: dict[str, list[Path]]) -> StatusError:
    fields = [(manager, _readable(path)) for manager, paths in conflicts.items() for path in paths]
    return StatusError(
        409,
        "Conflict",
        f"Apply failed with {_told(fields)}",
        {
            "causes": [
                {
                    "reason": "FieldManagerConflict",
                    "message": f"conflict with {manager}",
                    "field": field,
                }
                for manager, field in fields
            ]
        },
    )


def _told(fields: list[tuple[str, str]]) -> str:
    if len(fields) == 1:
        manager, field = fields[0]
        return f"1 conflict: conflict with {manager}: {field}"
    managers = sorted({manager for manager, _ in fields})
    lines = [
        line
        for manager in managers
        for line in (
            f"conflicts with {manager}:",
            *(f"- {field}" for owner, field in fields if owner == manager),
        )
    ]
    return f"{len(fields)} conflicts: " + "\n".join(lines)


def _readable(path: Path) -> str:
    return "".join(f".{step[2:]}" if step.startswith("f:") else _item(step) for step in path)


def _item(step: str) -> str:
    """The item of a keyed list as a server prints it: `[name="a"]`."""
    keys = json.loads(step[2:])
    return "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in keys.items()) + "]"
