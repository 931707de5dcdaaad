"""What the instances of a recording went through, in a form that two recordings share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


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
