"""Recordings: what the operator showed of a site, one line per change.

A recording is a JSON line that says what it was made with, then one line per digest that differs
from the last one of the same object. What a digest holds, besides `seconds`, `kind` and `name`:

* `cluster`: of the object `generation`, the annotations of the operator's fence, of its pause and
  of this project, `replica` (who is the primary, and the promotion token); of its status the phase
  and its reason, `currentPrimary`, `targetPrimary`, `instances`, `readyInstances`, `timelineID`,
  `demotionToken`, `lastPromotionToken`, `switchReplicaClusterStatus`, and every condition as
  `"True Reason"`. What is absent there is absent here.
* `backup`: its phase and the instance that takes it.
* `pod`: its phase, its role, whether it is ready, whether it is being deleted.
* `sql`: what an instance answered: `in_recovery`, `timeline`, `started`, `synchronous_standbys`; or
  the `error` of the connection.
* `input`: what was done to the site, in words.

An object that is gone leaves a line with `deleted`. A token is long and of no use later: the first
one becomes `token-1`, and so on.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, TextIO

_STATUS = (
    "phase",
    "phaseReason",
    "currentPrimary",
    "targetPrimary",
    "instances",
    "readyInstances",
    "timelineID",
    "demotionToken",
    "lastPromotionToken",
    "switchReplicaClusterStatus",
)
_ANNOTATIONS = ("cnpg.io/fencedInstances", "cnpg.io/reconciliationLoop", "pgtwin/")
_TOKENS = ("promotionToken", "demotionToken", "lastPromotionToken", "pgtwin/demotion-token")


@dataclass(frozen=True, kw_only=True)
class Observed:
    """One look at one thing."""

    seconds: float
    """Since the recording began."""
    kind: str
    """`cluster`, `backup`, `pod`, `sql` or `input`."""
    name: str
    value: Mapping[str, Any] | None
    """The Kubernetes object, or the row that PostgreSQL answered; None where it is gone."""


def digests(observed: Iterable[Observed]) -> Iterator[dict[str, Any]]:
    """One digest per change, in the order of what was observed."""
    last: dict[tuple[str, str], dict[str, Any]] = {}
    tokens: dict[str, str] = {}
    for each in observed:
        digest = _digest(each, tokens)
        key = (each.kind, each.name)
        if each.kind == "input" or last.get(key) != digest:
            last[key] = digest
            head = {"seconds": round(each.seconds, 1), "kind": each.kind, "name": each.name}
            yield {**head, **digest}


def write(observed: Iterable[Observed], made_with: Mapping[str, Any], file: TextIO) -> None:
    """Write a recording as it happens; every line is complete when it is there."""
    for line in chain([made_with], digests(observed)):
        print(json.dumps(line), file=file, flush=True)


def _digest(each: Observed, tokens: dict[str, str]) -> dict[str, Any]:
    if each.value is None:
        return {"deleted": True}
    if each.kind == "cluster":
        cluster: dict[str, Any] = _without_tokens(_cluster(each.value), tokens)
        return cluster
    if each.kind == "backup":
        return _backup(each.value)
    return _pod(each.value) if each.kind == "pod" else dict(each.value)


def _cluster(item: Mapping[str, Any]) -> dict[str, Any]:
    metadata, status = item["metadata"], item.get("status") or {}
    annotations = metadata.get("annotations") or {}
    replica = item["spec"].get("replica") or {}
    return {
        "generation": metadata.get("generation"),
        "annotations": {k: v for k, v in annotations.items() if k.startswith(_ANNOTATIONS)},
        "replica": {k: replica[k] for k in ("primary", "promotionToken") if k in replica},
        **{key: status[key] for key in _STATUS if key in status},
        "conditions": {
            each["type"]: f"{each['status']} {each['reason']}"
            for each in status.get("conditions") or ()
        },
    }


def _backup(item: Mapping[str, Any]) -> dict[str, Any]:
    status = item.get("status") or {}
    instance = (status.get("instanceID") or {}).get("podName")
    return {"phase": status.get("phase"), "instance": instance}


def _pod(item: Mapping[str, Any]) -> dict[str, Any]:
    metadata, status = item["metadata"], item.get("status") or {}
    conditions = {each["type"]: each["status"] for each in status.get("conditions") or ()}
    return {
        "phase": status.get("phase"),
        "role": (metadata.get("labels") or {}).get("cnpg.io/instanceRole"),
        "ready": conditions.get("Ready") == "True",
        "deleting": "deletionTimestamp" in metadata,
    }


def _without_tokens(value: Any, tokens: dict[str, str]) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        key: tokens.setdefault(found, f"token-{len(tokens) + 1}")
        if key in _TOKENS and found
        else _without_tokens(found, tokens)
        for key, found in value.items()
    }
