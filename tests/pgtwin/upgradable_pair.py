"""Two sites that can be upgraded: what the host program keeps to by itself, and no more.

Each act may end as `mishaps` says: `lost` before it took effect, `unheard` after it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pgtwin.errors import SiteFailed, SiteRefused, SiteUnreachable
from pgtwin.record import Record
from pgtwin.site_state import SiteState
from topology.site import SITES, SiteName, other_site

OLD, NEW = 17, 18
CLUSTERS: dict[SiteName, str] = {"primary": "p", "dr": "d"}
ENDED_AT = "0/5000028"


@dataclass
class Pair:
    """Both sites, and what became of the old version's rows."""

    mishaps: Iterator[str]
    records: dict[SiteName, Record | None] = field(default_factory=lambda: dict.fromkeys(SITES))
    refuses: str = ""
    """Why pg_upgrade refuses the data."""
    blockers: tuple[str, ...] = ()
    """What SQL sees that it would refuse."""
    unanalyzable: str = ""
    """Why no statistics can be made."""
    said: list[str] = field(default_factory=list)
    sites: dict[SiteName, "UpgradablePairSite"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sites = {name: UpgradablePairSite(name, self) for name in SITES}

    @property
    def way_back(self) -> bool:
        """Whether the old version with every row is there, to be started or promoted."""
        return any(site.state.postgres == OLD for site in self.sites.values())


class UpgradablePairSite:
    """One of them; the primary writes."""

    def __init__(self, name: SiteName, pair: Pair) -> None:
        self._pair = pair
        writes = name == "primary"
        self.backups: set[str] = {CLUSTERS[name]}
        self.state = SiteState(
            site=name,
            role="writer" if writes else "replica",
            accepts_writes=writes,
            healthy=True,
            fenced=False,
            following=not writes,
            server_name=CLUSTERS[name],
            postgres=OLD,
            requested_postgres=OLD,
            configured_postgres=NEW,
            lsn=ENDED_AT,
        )

    @property
    def name(self) -> SiteName:
        return self.state.site

    def observe(self, *, outside: bool = False) -> SiteState:
        return self.state

    def read_record(self) -> Record | None:
        return self._pair.records[self.name]

    def write_record(self, record: Record) -> None:
        with_effect = self._begin("record")
        self._pair.records[self.name] = record
        self._end(with_effect)

    def dump(self) -> str:
        return self._do("dump")

    def back_up(self) -> str:
        if not self.state.accepts_writes:
            raise SiteRefused("it is fenced")
        with_effect = self._begin("back up")
        self.backups.add(self.state.server_name)
        self._end(with_effect)
        return "backup"

    def upgrade_blockers(self) -> tuple[str, ...]:
        return self._pair.blockers

    def stop_for_upgrade(self) -> str:
        self._do("stop", accepts_writes=False, fenced=True, upgrading_to=NEW)
        return ENDED_AT

    def convert(self, server_name: str) -> None:
        if self.state.upgrading_to != NEW:
            raise SiteRefused("it is not stopped")
        if self._pair.refuses:
            self._change(requested_postgres=NEW, server_name=server_name)
            raise SiteFailed(self._pair.refuses)
        self._do("convert", postgres=NEW, requested_postgres=NEW, server_name=server_name)

    def keep_old_version(self) -> None:
        if self.state.postgres == NEW:
            raise SiteRefused("it is converted")
        self._do("keep", requested_postgres=OLD, server_name=self._recorded())

    def start_upgraded(self) -> None:
        if self._recorded() != self.state.server_name:
            raise SiteRefused("the record has another archive")
        self._do("start", accepts_writes=True, fenced=False, upgrading_to=None)

    def analyze(self) -> None:
        if self._pair.unanalyzable:
            raise SiteFailed(self._pair.unanalyzable)
        self._do("analyze")

    def follow(self, server_name: str) -> None:
        writer = self._pair.sites[other_site(self.name)]
        if self._recorded() != server_name or writer.state.server_name not in writer.backups:
            raise SiteRefused("there is nothing to clone")
        major = writer.state.postgres
        self._do(
            "follow",
            exists=True,
            following=True,
            postgres=major,
            requested_postgres=major,
            server_name=server_name,
        )

    def lose_the_cluster(self) -> None:
        self._change(exists=False, following=False, postgres=None, server_name="", lsn=None)

    def _recorded(self) -> str:
        copies = [copy for copy in self._pair.records.values() if copy]
        newest = max(copies, key=lambda copy: copy.epoch, default=None)
        return newest.server_names[self.name] if newest else CLUSTERS[self.name]

    def _do(self, what: str, **change: Any) -> str:
        with_effect = self._begin(what)
        self._change(**change)
        self._end(with_effect)
        return what

    def _change(self, **change: Any) -> None:
        self.state = replace(self.state, **change)

    def _begin(self, what: str) -> str:
        mishap = next(self._pair.mishaps, "")
        if mishap == "lost":
            raise SiteUnreachable(f"{what} did not arrive")
        self._pair.said.append(f"{self.name}: {what}")
        return mishap

    def _end(self, mishap: str) -> None:
        if mishap == "unheard":
            raise SiteUnreachable("no answer")
