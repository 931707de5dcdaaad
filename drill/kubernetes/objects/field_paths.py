"""The fields of an object as sets of paths, and Kubernetes' FieldsV1 form of them.

A path is a tuple of FieldsV1 keys: `f:spec`, `k:{"name":"postgres"}`. A list counts as one field,
unless its schema or the table below says which keys tell its items apart. Simplified: lists that
are sets (finalizers) count as one field too.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from drill.kubernetes.objects.copied import copied

Path = tuple[str, ...]
ListKeys = Callable[[tuple[str, ...]], tuple[str, ...]]
"""From the names of the fields above a list to the keys of its items; none for an atomic list."""

_CORE_LIST_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "imagePullSecrets": ("name",),
    "conditions": ("type",),
    "ownerReferences": ("uid",),
}
_NOT_OWNED = {("f:apiVersion",), ("f:kind",)} | {
    ("f:metadata", f"f:{name}")
    for name in (
        *("name", "namespace", "generateName", "uid", "resourceVersion", "generation"),
        *("creationTimestamp", "deletionTimestamp", "managedFields", "selfLink"),
    )
}
_PORT_PROTOCOL = "TCP"
_GONE: Any = object()


def core_list_keys(names: tuple[str, ...]) -> tuple[str, ...]:
    """The item keys of lists in Kubernetes' own kinds."""
    if names and names[-1] == "ports":
        return ("containerPort", "protocol") if "containers" in names else ("port", "protocol")
    return _CORE_LIST_KEYS.get(names[-1], ()) if names else ()


def field_paths(value: Any, list_keys: ListKeys) -> frozenset[Path]:
    """The leaves of an object that can have an owner."""
    return frozenset(_leaves(value, list_keys, (), ())) - _NOT_OWNED


def _leaves(value: Any, list_keys: ListKeys, path: Path, names: tuple[str, ...]) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from _leaves(child, list_keys, (*path, f"f:{key}"), (*names, key))
    elif isinstance(value, list) and value and list_keys(names):
        for item in value:
            step = item_key(item, list_keys(names))
            yield from _leaves(item, list_keys, (*path, step), names)
    elif path:
        yield path


def item_key(item: dict[str, Any], keys: tuple[str, ...]) -> str:
    """The step of a path that leads to this item of a keyed list."""
    default = {"protocol": _PORT_PROTOCOL}
    found = {key: item.get(key, default.get(key)) for key in keys}
    return "k:" + json.dumps(found, separators=(",", ":"), sort_keys=True)


def value_at(value: Any, path: Path, list_keys: ListKeys) -> Any:
    """The value at a path; None where there is none."""
    names: tuple[str, ...] = ()
    for step in path:
        if step.startswith("f:"):
            names = (*names, step[2:])
            value = value.get(step[2:]) if isinstance(value, dict) else None
        else:
            value = _item(value, step, list_keys(names))
    return value


def _item(value: Any, step: str, keys: tuple[str, ...]) -> Any:
    items = value if isinstance(value, list) else []
    return next((item for item in items if item_key(item, keys) == step), None)


def without(
    value: Any, paths: Iterable[Path], list_keys: ListKeys, names: tuple[str, ...] = ()
) -> Any:
    """A copy without the fields at `paths`, and without what became empty by that."""
    below: dict[str, set[Path]] = {}
    for step, *rest in paths:
        below.setdefault(step, set()).add(tuple(rest))
    if isinstance(value, dict):
        kept = {
            key: _left(child, below.get(f"f:{key}", set()), list_keys, (*names, key))
            for key, child in value.items()
        }
        return {key: child for key, child in kept.items() if child is not _GONE}
    if isinstance(value, list) and list_keys(names):
        steps = [item_key(item, list_keys(names)) for item in value]
        items = [
            _left(item, below.get(step, set()), list_keys, names)
            for step, item in zip(steps, value, strict=True)
        ]
        return [item for item in items if item is not _GONE]
    return copied(value)


def _left(value: Any, paths: set[Path], list_keys: ListKeys, names: tuple[str, ...]) -> Any:
    if not paths:
        return copied(value)
    left = _GONE if () in paths else without(value, paths, list_keys, names)
    return _GONE if left in ({}, []) else left


def merged(live: Any, applied: Any, list_keys: ListKeys, names: tuple[str, ...] = ()) -> Any:
    """`live` with every field of `applied` set."""
    if isinstance(live, dict) and isinstance(applied, dict):
        result = dict(live)
        for key, value in applied.items():
            result[key] = merged(live.get(key), value, list_keys, (*names, key))
        return result
    keys = list_keys(names)
    if keys and isinstance(live, list) and isinstance(applied, list):
        items = {item_key(item, keys): item for item in live}
        for item in applied:
            step = item_key(item, keys)
            items[step] = merged(items.get(step), item, list_keys, names)
        return list(items.values())
    return copied(applied)


def to_fields_v1(paths: Iterable[Path]) -> dict[str, Any]:
    """Kubernetes' nested form of a set of paths."""
    root: dict[str, Any] = {}
    for path in sorted(paths):
        node = root
        for step in path:
            node = node.setdefault(step, {".": {}} if step.startswith("k:") else {})
    return root


def from_fields_v1(fields: dict[str, Any], path: Path = ()) -> frozenset[Path]:
    """The set of paths that a nested form stands for."""
    found: set[Path] = set()
    for step, children in fields.items():
        if step != ".":
            found |= from_fields_v1(children, (*path, step)) or {(*path, step)}
    return frozenset(found)
