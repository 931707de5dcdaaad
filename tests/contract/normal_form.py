"""The normal form in which a recording of the real operator and one of a double are compared.

A sequence is the Cluster's states in their order, without their times. These rules take away what
the real operator itself does not repeat:

* equal neighbours are one;
* two states that alternate are told once: A B A B A becomes A B A. So flap `targetPrimary` while a
  primary shuts down, and the phases of a promotion while the standbys notice their new settings;
* what the instance managers say is no step of the operator, and comes when it comes: "Applying
  configuration" during a roll-out is left out, and where it follows the fence of a demotion it is
  told before it (demotion-1-instance), and a used token that an instance manager clears before the
  operator does is cleared with the demotion token (promotion-1-instance-paused-after-demotion);
* the standby that a roll-out restarts is the first or the second: the operator takes the one that
  lags most (cloudnative-pg v1.30.0 internal/controller/cluster_upgrade.go:62).

A state holds everything of the object that `host/` reads (`test_recordings.py` asks the sources)
but the times, and numbers that differ from run to run become names: a timeline is the first, second
or third that was seen, a token likewise. Of the conditions only `Ready` belongs to the sequence:
`ContinuousArchiving` and `LastBackupSucceeded` say what archive and backup did meanwhile,
`ConsistentSystemID` flaps with every connection of the operator, and those of a demotion repeat
`switchReplicaClusterStatus`.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "recordings"
READ_BY_HOST = {
    "phase",
    "phaseReason",
    "currentPrimary",
    "readyInstances",
    "timelineID",
    "demotionToken",
    "lastPromotionToken",
    "switchReplicaClusterStatus",
}
"""The fields of the status that `host/` reads and a state has to hold."""
NOT_OF_THE_SEQUENCE = {
    "image": "set once",
    "certificates": "set once",
    "conditions": "see above",
    "pgDataImageInfo": "changes in a major upgrade alone, which is not among the recordings",
    "instanceNames": "not recorded; as many as `instances`",
}


_NOTICE = "Applying configuration"
_ROLL_OUT = {
    "Upgrading cluster",
    "Waiting for the instances to become active",
    "Primary instance is being restarted in-place",
}
_RESTARTED = re.compile(r"(?<=^Restarting instance )[\w-]+")


@dataclass(frozen=True, kw_only=True)
class State:
    """The Cluster at one moment; what is absent is None."""

    follows: bool
    fenced: bool
    paused: bool
    token: str | None
    phase: str | None
    reason: str | None
    current: str | None
    target: str | None
    instances: int | None
    ready_instances: int | None
    timeline: str | None
    demotion_token: str | None
    last_token: str | None
    switching: bool
    ready: str | None


@dataclass(frozen=True, kw_only=True)
class Input:
    """What was done to the site from outside the Cluster object."""

    what: str


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One file of `recordings/`."""

    name: str
    cut: bool
    """Whether it begins or ends in the middle of what it shows."""
    lines: tuple[Mapping[str, Any], ...]
    """The digests (`drill/rig/recorder.py`)."""

    @classmethod
    def read(cls, name: str) -> "Recording":
        text = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8")
        head, *lines = (json.loads(line) for line in text.splitlines())
        return cls(name=head["recording"], cut=head["cut"], lines=tuple(lines))

    @property
    def sequence(self) -> list[State | Input]:
        """Its normal form."""
        return normalised(self.lines)

    def of(self, kind: str, name: str = "") -> list[Mapping[str, Any]]:
        """The digests of one kind, of one object where it is named."""
        return [e for e in self.lines if e["kind"] == kind and name in ("", e["name"])]


def normalised(lines: Iterable[Mapping[str, Any]]) -> list[State | Input]:
    """The normal form of the digests of one site."""
    named: dict[str, dict[Any, str]] = {"timeline": {}, "token": {}, "standby": {}}

    def name(kind: str, value: Any) -> str | None:
        known = named[kind]
        return None if value is None else known.setdefault(value, f"{kind} {len(known) + 1}")

    states: list[State | Input] = []
    for line in lines:
        if line["kind"] == "input":
            states.append(Input(what=line["what"]))
        elif line["kind"] == "cluster" and "deleted" not in line:
            states.append(_state(line, name))
    return collapsed(_cleared_together(_fenced_last(collapsed(_without_notices(states)))))


def _without_notices(states: list[State | Input]) -> list[State | Input]:
    """What the operator showed, while an instance manager says in a roll-out that it needs one."""
    told: list[State | Input] = []
    last: State | None = None
    for state in states:
        each = state
        if isinstance(each, State):
            if last and last.phase in _ROLL_OUT and each.phase == _NOTICE:
                each = replace(each, phase=last.phase, reason=last.reason, ready=last.ready)
            last = each
        told.append(each)
    return told


def _cleared_together(states: list[State | Input]) -> list[State | Input]:
    """Both tokens in one write, where the primary's instance manager cleared its own before."""
    left_out = set[int]()
    for index, (before, one, both) in enumerate(zip(states, states[1:], states[2:], strict=False)):
        if not isinstance(before, State) or None in (before.last_token, before.demotion_token):
            continue
        cleared = replace(before, last_token=None)
        if one == cleared and both == replace(cleared, demotion_token=None):
            left_out.add(index + 1)
    return [each for index, each in enumerate(states) if index not in left_out]


def _fenced_last(states: list[State | Input]) -> list[State | Input]:
    """The notice of a demotion before its fence, where the real one came after it."""
    told = list(states)
    for index in range(1, len(told) - 1):
        before, fenced, both = told[index - 1 : index + 2]
        if not (isinstance(before, State) and isinstance(both, State)):
            continue
        if fenced == replace(before, fenced=True) and before.follows and both.phase == _NOTICE:
            told[index] = replace(both, fenced=before.fenced)
    return told


def collapsed(states: list[State | Input]) -> list[State | Input]:
    """Equal neighbours are one, two states that alternate are told once."""
    told: list[State | Input] = []
    for state in states:
        shown = [each for each in told if isinstance(each, State)]
        if shown[-1:] == [state]:
            continue
        told.append(state)
        if len(told) >= 4 and told[-4:-2] == told[-2:]:
            del told[-2:]
    return told


def _reason(text: str | None, name: Callable[[str, Any], str | None]) -> str | None:
    return _RESTARTED.sub(lambda each: name("standby", each[0]) or "", text) if text else None


def _state(line: Mapping[str, Any], name: Callable[[str, Any], str | None]) -> State:
    replica = line["replica"]
    return State(
        follows=replica["primary"] != line["name"],
        fenced="cnpg.io/fencedInstances" in line["annotations"],
        paused="cnpg.io/reconciliationLoop" in line["annotations"],
        token=name("token", replica.get("promotionToken")),
        phase=line.get("phase"),
        reason=_reason(line.get("phaseReason"), name),
        current=line.get("currentPrimary"),
        target=line.get("targetPrimary"),
        instances=line.get("instances"),
        ready_instances=line.get("readyInstances"),
        timeline=name("timeline", line.get("timelineID")),
        demotion_token=name("token", line.get("demotionToken")),
        last_token=name("token", line.get("lastPromotionToken")),
        switching=bool((line.get("switchReplicaClusterStatus") or {}).get("inProgress")),
        ready=line["conditions"].get("Ready"),
    )
