"""What to run where no site writes, or one that the record does not name: pure.

What always holds: a command is named only where the plan's own check lets it in over what was seen,
by the same function. Where none is, that is said, with what stands in its way.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pgtwin.failback_check import BOTH_GONE
from pgtwin.record import Record
from pgtwin.release_check import is_no_old_writer, may_be_released
from pgtwin.site_state import SiteState
from pgtwin.switchover_check import why_not as why_no_switchover
from pgtwin.takeover import is_unfinished, why_not
from topology.site import SITES, SiteName, other_site


@dataclass(frozen=True, kw_only=True)
class NextCommand:
    """For two sites as they were seen; a state is None where the site did not answer."""

    states: Mapping[SiteName, SiteState | None]
    record: Record | None
    """The newest copy."""
    unread: Collection[SiteName]
    """Whose region's copy is not known."""

    def failover(self, to: SiteName) -> str | None:
        """None where it would be refused."""
        survivor, lost = self.states[to], other_site(to)
        silent, other = lost in self.unread, self.states[lost]
        if survivor is None or why_not(survivor, self.record, other_is_silent=silent, other=other):
            return None
        return f"run: pgtwin failover --to {to}"

    def switchover(self, to: SiteName) -> str | None:
        """None where it would be refused."""
        old, new = self.states[other_site(to)], self.states[to]
        if old is None or new is None or self.unread:
            return None
        if self.record is None and old.named_writer != new.named_writer:
            return None
        record = self.record or Record(epoch=0, writer=new.named_writer, server_names={})
        return None if why_no_switchover(record, old=old, new=new) else _switchover(to)

    def settled(self, writer: SiteName) -> str | None:
        """For a writer that the record names already; None where a region does not answer."""
        return None if self.unread else f"run: pgtwin record --writer {writer}"

    def release(self, site: SiteName) -> str | None:
        """None where it would be refused."""
        state, other = self.states[site], self.states[other_site(site)]
        if state is not None and is_no_old_writer(state, self.record):
            return None
        if not may_be_released(site, self.record, other=other):
            return None
        return f"run: pgtwin failback --site {site} --release"

    def where_nobody_writes(self) -> str:
        """At least one site answers, and none accepts writes."""
        going_on = self._interrupted_switchover()
        if going_on:
            return f"no site accepts writes: a switchover was interrupted - {going_on}"
        wrong = (_what_is_wrong(name, self.states[name]) for name in SITES)
        head = f"no site accepts writes: {' and '.join(wrong)}"
        stopped, taking_over = self._stopped_writer(), self._takeover()
        if taking_over:
            return f"{head}; {self._either(taking_over, stopped)}"
        if stopped:
            return f"{head}; {self._unless_promoted(stopped)}"
        if all(state is not None and not state.exists for state in self.states.values()):
            return f"{head} - {BOTH_GONE}"
        return (
            f"{head} - to bring PostgreSQL of a site back, "
            "read: docs/runbooks/missing-instances.md, then repeat: pgtwin status"
        )

    def where_the_record_names_another(self, writer: SiteName) -> str:
        """As where a failover stopped between the record and its promotion."""
        named = other_site(writer)
        silent = "" if self.states[named] else ", which does not answer"
        head = f"{writer} writes, but the record names {named}{silent}"
        goes_on = writer if self.release(writer) else None
        if self.failover(named):
            return f"{head}; {self._either(named, goes_on)}"
        if goes_on:
            return f"{head}; {self._unless_promoted(goes_on)}"
        away = f"{head} - keep applications away from {writer}"
        if self.states[named] is None:
            return f"{away} until {named} answers, then repeat: pgtwin status"
        return f"{away}; for what {named} accepted, read: docs/restore.md"

    def _either(self, takes_over: SiteName, goes_on: SiteName | None) -> str:
        survivor = self.states[takes_over]
        loss = "an unknown amount" if survivor is None else survivor.loss
        back = f"; or, to keep {goes_on} the writer, {self.release(goes_on)}" if goes_on else ""
        return f"a failover would lose {loss} - {self.failover(takes_over)}{back}"

    def _unless_promoted(self, stopped: SiteName) -> str:
        command = self.release(stopped)
        return f"unless {other_site(stopped)} was promoted, keep {stopped} the writer - {command}"

    def _interrupted_switchover(self) -> str | None:
        if self.record is None:
            return None
        to = self.record.writer
        old, new = self.states[other_site(to)], self.states[to]
        if old is None or new is None or new.fenced:
            return None
        replicas = old.role == new.role == "replica"
        unfinished = new.role == "writer" and is_unfinished(new, self.record)
        return self.switchover(to) if replicas or unfinished else None

    def _takeover(self) -> SiteName | None:
        """A replica, if there is one."""
        replicas_first = sorted(SITES, key=lambda name: self._role(name) != "replica")
        return next((name for name in replicas_first if self.failover(name)), None)

    def _stopped_writer(self) -> SiteName | None:
        """A site that was told to write, is kept stopped, and may be let go on."""
        for name in SITES:
            state = self.states[name]
            if state and state.role == "writer" and state.fenced and self.release(name):
                return name
        return None

    def _role(self, name: SiteName) -> str | None:
        state = self.states[name]
        return None if state is None else state.role


def _what_is_wrong(name: SiteName, state: SiteState | None) -> str:
    if state is None:
        return f"{name} does not answer"
    if not state.exists:
        return f"{name} has no cluster"
    if state.fenced:
        return f"{name} is fenced"
    if state.role == "writer":
        return f"PostgreSQL of {name} does not run as a writer"
    return f"{name} is a replica"


def _switchover(to: SiteName) -> str:
    return f"run: pgtwin switchover --to {to}"
