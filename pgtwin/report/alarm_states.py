"""What CloudWatch says of the alarms that the configuration asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pgtwin.report.unknown import Unknown
from topology.alarms import ALARMS, raised_by_cloudwatch
from topology.site import SITES, SiteName
from topology.topology import Topology

AlarmState = Literal["raised", "unknown", "missing", "quiet"]
"""`unknown`: CloudWatch has no data for it; `missing`: it is not deployed."""
_STATES: Mapping[str, AlarmState] = {"ALARM": "raised", "OK": "quiet"}
_MACHINES = ("system-check", "instance-check")


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm of a site."""

    name: str
    """Without the system and the site; that of a machine's check begins with the machine."""
    state: AlarmState
    severity: str
    meaning: str
    runbook: str
    """A path in this repository."""

    @property
    def unknown(self) -> Unknown | None:
        """Why nobody can say whether it should be raised; None where CloudWatch says it."""
        why = {"unknown": "CloudWatch has no data for it", "missing": "it is not deployed"}
        return Unknown(because=why[self.state]) if self.state in why else None


def alarm_states(topology: Topology, site: SiteName, found: Mapping[str, str]) -> tuple[Alarm, ...]:
    """Every alarm that is deployed or should be, the raised ones first.

    `found` has CloudWatch's state of each alarm by its whole name, and of those of a system whose
    name begins like this one's.
    """
    prefix = topology.names.alarm(site, "")
    every = {name.removeprefix(prefix): state for name, state in found.items()}
    states = {name: state for name, state in every.items() if not _is_of_another_system(name)}
    names = {*states, *_expected(topology, site)}
    order = {"raised": 0, "missing": 1, "unknown": 2, "quiet": 3}
    alarms = (_alarm(name, states.get(name)) for name in names)
    return tuple(sorted(alarms, key=lambda each: (order[each.state], each.name)))


def _is_of_another_system(rest: str) -> bool:
    """`app-dr-` begins the alarms of DR of `app`, and all of `app-dr` and `app-dr-2`: what follows
    there ends with a site and an alarm.
    """
    return any(f"-{site}-" in f"-{rest}" for site in SITES)


def _expected(topology: Topology, site: SiteName) -> Iterable[str]:
    yield from (name for name, *_ in raised_by_cloudwatch(topology.replication))
    yield from (f"{node}-{check}" for node in topology.nodes(site) for check in _MACHINES)


def _alarm(name: str, state: str | None) -> Alarm:
    known = "machine-lost" if name.endswith(_MACHINES) else name
    entry = ALARMS.get(known)
    return Alarm(
        name=name,
        state="missing" if state is None else _STATES.get(state, "unknown"),
        severity=entry.severity if entry else "warning",
        meaning=entry.meaning if entry else "Not in this version's catalogue of alarms.",
        runbook=f"docs/runbooks/{known}.md" if entry else "",
    )
