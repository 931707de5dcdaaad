"""All that the page shows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pgtwin.aws.verifications import Verification
from pgtwin.cost.estimate import Item
from pgtwin.report.alarm_states import Alarm
from pgtwin.report.facts import Fact, cells
from pgtwin.report.lag import Lag
from pgtwin.report.unknown import Unknown
from topology.site import SiteName

Rows = tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class SiteReport:
    """One site. Whatever it did not give is Unknown."""

    region: str
    facts: tuple[Fact, ...]
    lag: Lag | Unknown
    alarms: tuple[Alarm, ...] | Unknown
    verifications: tuple[Verification, ...] | Unknown
    """The newest first."""
    machines: Rows | Unknown
    certificates: Rows | Unknown
    """Of the operators and of the cluster, with `name`, `expires` and `days_left`."""
    k3s_certificates: Rows | Unknown
    """Those of k3s on the server that answered; the same."""

    @property
    def known_alarms(self) -> tuple[Alarm, ...]:
        """Empty where they are not known."""
        return () if isinstance(self.alarms, Unknown) else self.alarms

    @property
    def parts(self) -> Iterator[tuple[str, object]]:
        """Everything that may be unknown, by what it is called."""
        yield from ((fact.label, fact.value) for fact in self.facts)
        for part in (
            "lag",
            "alarms",
            "verifications",
            "machines",
            "certificates",
            "k3s_certificates",
        ):
            yield part.replace("_", " "), getattr(self, part)
        for alarm in self.known_alarms:
            if alarm.unknown is not None:
                yield f"alarm {alarm.name}", alarm.unknown


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The estimate for a month, from list prices."""

    items: tuple[Item, ...]
    as_of: str
    note: str

    @property
    def total_dollars(self) -> float:
        """Of both sites."""
        return sum(item.dollars for item in self.items)


@dataclass(frozen=True, kw_only=True)
class Report:
    """Both sites at one moment."""

    system: str
    configuration: str
    at: datetime
    verdict: str
    """The first line of `pgtwin status`."""
    good: bool
    """Whether failover is ready, and nothing is degraded."""
    replica: SiteName
    """The site that follows, by the record."""
    sites: Mapping[SiteName, SiteReport]
    lag_alarm_seconds: float
    """From which age on the heartbeat is late."""
    cost: Cost | Unknown

    @property
    def raised(self) -> tuple[str, ...]:
        """The alarms that are raised, as `site: name`."""
        return tuple(
            f"{name}: {alarm.name}"
            for name, site in self.sites.items()
            for alarm in site.known_alarms
            if alarm.state == "raised"
        )

    @property
    def unknown(self) -> dict[str, str]:
        """Why something is not known, by `site: what`."""
        found = {
            f"{name}: {what}": value.because
            for name, site in self.sites.items()
            for what, value in site.parts
            if isinstance(value, Unknown)
        }
        return found | ({"cost": self.cost.because} if isinstance(self.cost, Unknown) else {})

    @property
    def lines(self) -> list[tuple[tuple[Fact, int], ...]]:
        """Each line of `pgtwin status` for both sites, and how many lines its value stands for."""
        return list(zip(*(cells(site.facts) for site in self.sites.values()), strict=True))

    @property
    def well(self) -> bool:
        """Whether nobody has to look: no alarm, and nothing that is not known."""
        return self.good and not self.raised and not self.unknown
