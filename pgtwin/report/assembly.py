"""The report from what both regions answered: pure. An error in place of an answer is Unknown."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pgtwin.cost.estimate import estimate
from pgtwin.cost.prices import Prices
from pgtwin.errors import SiteError, SiteRefused
from pgtwin.report.alarm_states import alarm_states
from pgtwin.report.document import Cost, Report, SiteReport
from pgtwin.report.facts import facts, table
from pgtwin.report.lag import lag
from pgtwin.report.unknown import Unknown
from topology.alarms import ALARMS
from topology.site import SITES, SiteName
from topology.topology import Topology


def assemble(
    topology: Topology,
    seen: Mapping[str, Any],
    found: Mapping[str, Any],
    *,
    configuration: str,
    now: datetime,
) -> Report:
    """`seen` and `found` are what `gather` returns."""
    late = ALARMS["heartbeat-age"].rule
    return Report(
        system=topology.name,
        configuration=configuration,
        at=now,
        verdict=seen["verdict"],
        good=seen["good"],
        replica=topology.other((seen["record"] or {}).get("writer", topology.writer)),
        sites={name: _site(topology, name, seen["sites"][name], found, now) for name in SITES},
        lag_alarm_seconds=late.threshold(topology.database.archive_timeout_seconds) if late else 0,
        cost=_cost(topology),
    )


def _site(
    topology: Topology,
    name: SiteName,
    seen: Mapping[str, Any],
    found: Mapping[str, Any],
    now: datetime,
) -> SiteReport:
    def known(part: str, read: Callable[[Any], Any]) -> Any:
        answer = found[f"{part} of {name}"]
        return _unknown(answer) if isinstance(answer, Exception) else read(answer)

    return SiteReport(
        region=topology.site(name).region,
        facts=facts(seen),
        lag=known("lag", lambda points: lag(points, now)),
        alarms=known("alarms", lambda states: alarm_states(topology, name, states)),
        verifications=known("verifications", tuple),
        machines=table(seen, "nodes"),
        certificates=table(seen, "certificates"),
        k3s_certificates=table(seen, "k3s_certificates"),
    )


def _unknown(error: Exception) -> Unknown:
    if isinstance(error, TimeoutError):
        return Unknown(because=f"there was {error}")
    if isinstance(error, SiteError):
        return Unknown(because=f"pgtwin could not {error}")
    raise error


def _cost(topology: Topology) -> Cost | Unknown:
    prices = Prices.load()
    try:
        items = estimate(topology, prices)
    except SiteRefused as error:
        return Unknown(because=str(error))
    return Cost(items=items, as_of=prices.as_of, note=prices.note)
