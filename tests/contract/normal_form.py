"""The normal form in which a recording of the real operator and one of a double are compared.

A sequence is the Cluster's states in their order, without their times. Two rules take away what the
real operator itself does not repeat:

* equal neighbours are one;
* two states that alternate are told once: A B A B A becomes A B A. So flap `targetPrimary` while a
  primary shuts down, and the phases of a promotion while the standbys notice their new settings.

A state holds everything of the object that `host/` reads (`test_recordings.py` asks the sources)
but the times, and numbers that differ from run to run become names: a timeline is the first, second
or third that was seen, a token likewise. Of the conditions only `Ready` belongs to the sequence:
`ContinuousArchiving` and `LastBackupSucceeded` say what archive and backup did meanwhile,
`ConsistentSystemID` flaps with every connection of the operator, and those of a demotion repeat
`switchReplicaClusterStatus`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
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
    named: dict[str, dict[Any, str]] = {"timeline": {}, "token": {}}

    def name(kind: str, value: Any) -> str | None:
        known = named[kind]
        return None if value is None else known.setdefault(value, f"{kind} {len(known) + 1}")

    states: list[State | Input] = []
    for line in lines:
        if line["kind"] == "input":
            states.append(Input(what=line["what"]))
        elif line["kind"] == "cluster" and "deleted" not in line:
            states.append(_state(line, name))
    return collapsed(states)


@dataclass(frozen=True, kw_only=True)
class SqlState:
    """What an instance answered; a restart is known by the time since which PostgreSQL runs.

    Whether it answered in between is not compared: a recording asks once a second, and a restart
    may take less (promotion-without-token-or-bucket).
    """

    in_recovery: bool
    run: int
    """Counts its restarts."""


def sql_states(lines: Iterable[Mapping[str, Any]]) -> dict[str, list[SqlState]]:
    """What every instance went through, by its name."""
    runs: dict[str, list[Any]] = {}
    states: dict[str, list[SqlState]] = {}
    for line in lines:
        if line["kind"] != "sql" or "error" in line or "deleted" in line:
            continue
        name = line["name"]
        known = runs.setdefault(name, [])
        if line["started"] not in known:
            known.append(line["started"])
        state = SqlState(in_recovery=line["in_recovery"], run=len(known))
        if states.setdefault(name, [])[-1:] != [state]:
            states[name].append(state)
    return states


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


def _state(line: Mapping[str, Any], name: Callable[[str, Any], str | None]) -> State:
    replica = line["replica"]
    return State(
        follows=replica["primary"] != line["name"],
        fenced="cnpg.io/fencedInstances" in line["annotations"],
        paused="cnpg.io/reconciliationLoop" in line["annotations"],
        token=name("token", replica.get("promotionToken")),
        phase=line.get("phase"),
        reason=line.get("phaseReason") or None,
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
