"""What the steps of one plan share: the sites, the lock, and whom to ask and tell."""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pgtwin.clock import Clock, pauses
from pgtwin.errors import Locked, PlanRefused, SiteError, SiteUnreachable, StepTimedOut
from pgtwin.lock import LASTS_SECONDS, Lock
from pgtwin.loss import Loss
from pgtwin.record import Record, are_rivals
from pgtwin.roles import answering, by_role
from pgtwin.site import Site
from pgtwin.site_state import SiteState
from topology.site import SITES, SiteName

POLL_SECONDS = 2.0
Confirm = Callable[[str, str], None]
"""Shows what is about to be lost, asks for the word; raises PlanRefused without it."""


@dataclass(kw_only=True)
class Run:
    """One run of one plan."""

    id: str
    owner: str
    what: str
    sites: Mapping[SiteName, Site]
    clusters: Mapping[SiteName, str]
    """The sites' clusters as configured: their server names as long as there is no record."""
    clock: Clock
    tell: Callable[[str], None]
    confirm: Confirm
    quiet: Callable[[], AbstractContextManager[None]] = nullcontext
    """While something else has the terminal, and may ask there."""
    silent: set[SiteName] = field(default_factory=set)
    """Sites that did not answer where they need not; they are not asked again in this run."""
    unread: set[SiteName] = field(default_factory=set)
    """Sites whose copy of the record could not be read in this run: it may name anybody."""
    locked: set[SiteName] = field(default_factory=set)
    """Where this run has taken the lock: there it can only be extended or lost."""

    looked_at: datetime | None = None
    """When that was looked at for which the word was given last."""
    confirmed_at: datetime | None = None
    """When the word was given."""
    confirmed_loss: Loss | None = None
    """What was shown."""
    was_replica: bool = False
    """Whether a failover's survivor was told to be one. Nobody else may promote it meanwhile, so it
    is not asked again while nobody can write."""
    known_epoch: int = 0
    """The newest epoch that this run has read or written, or that machines of a site are known to
    have read. The next one of this run is above it, and what it fences is decided in it."""
    vouched: bool = False
    """Whether a person said that the site which does not answer was never promoted."""
    given_token: str = ""
    """What a demotion by this run gave. Nobody else may act meanwhile, so neither site is asked
    again what became of it while applications wait."""

    def __post_init__(self) -> None:
        self._since = self.timestamp()
        self._held_at = self.clock.now()
        self._holding = threading.Lock()
        self._told: set[str] = set()

    left: list[str] = field(default_factory=list)
    """What could not be done and need not be, to be said at the end."""

    def timestamp(self) -> str:
        """The time now as it is written down."""
        return _text(self.clock.now())

    @property
    def by(self) -> str:
        """This run as the record names it."""
        return f"{self.what} {self.id}"

    def handed(self, record: Record, writer: SiteName, token: str | None) -> Record:
        """The next epoch, by this run and now, in which `writer` may be promoted."""
        newest = replace(record, epoch=max(record.epoch, self.known_epoch))
        return newest.handed_to(writer, token, by=self.by, since=self.timestamp())

    def heed(self, state: SiteState) -> None:
        """Go above the record that the site's machines have read, wherever that was."""
        self.known_epoch = max(self.known_epoch, state.known_epoch or 0)

    def hold_lock(self, needed: tuple[SiteName, ...]) -> None:
        """Take the lock in every region, later extend it; only those of `needed` have to answer.

        Raises:
            LockLost: where this run held it and does no more.
        """
        with self._holding:
            asked_at = self.clock.now()
            for name in SITES:
                if name in needed:
                    self._hold(self.sites[name])
                else:
                    self.if_it_answers(name, self._hold)
            self._held_at = asked_at

    def extend_lock(self) -> None:
        """Hold for longer what is held; also called while a step runs.

        One region's silence keeps no other lock from being extended.

        Raises:
            LockLost: where this run held it and does no more.
            SiteError: where it was not extended in any region, so that nothing is known of it.
        """
        with self._holding:
            asked_at = self.clock.now()
            held = sorted(self.locked - self.silent)
            failures = [error for name in held if (error := self._extend(self.sites[name]))]
            lost = [error for error in failures if isinstance(error, Locked)]
            if lost or (failures and len(failures) == len(held)):
                raise (lost or failures)[0]
            self._held_at = asked_at

    def renew_lock(self) -> None:
        """Extend the lock where it may have expired: who slept within a step acts only after this.

        Raises:
            LockLost, SiteError: as `extend_lock` does.
        """
        age = self.clock.now() - self._held_at
        if not timedelta() <= age <= timedelta(seconds=LASTS_SECONDS / 2):
            self.extend_lock()

    def _extend(self, site: Site) -> SiteError | Locked | None:
        try:
            site.extend_lock(self._lock())
        except (SiteError, Locked) as error:
            return error
        return None

    def _hold(self, site: Site) -> None:
        if site.name in self.locked:
            site.extend_lock(self._lock())
        else:
            site.take_lock(self._lock())
            self.locked.add(site.name)

    def _lock(self) -> Lock:
        return Lock(owner=self.owner, run=self.id, what=self.what, since=self._since)

    def release_lock(self) -> None:
        """Give up the lock wherever that is possible; where it stays is in `locked`."""
        for name in SITES:
            if self.if_it_answers(name, lambda site: site.release_lock(self.id)):
                self.locked.discard(name)

    def if_it_answers(self, name: SiteName, act: Callable[[Site], None]) -> bool:
        """Do what the plan does not depend on; says whether it was done.

        No error of the site stops the plan: a site that cannot be reached, that these credentials
        may not touch, or that fails is all the same here. Locked and RecordConflict do, since they
        tell of another operator.
        """
        if name in self.silent:
            return False
        try:
            act(self.sites[name])
        except SiteUnreachable as error:
            self.silent.add(name)
            self.tell(f"{name} does not answer: {error}")
            return False
        except SiteError as error:
            # Credentials for one region are refused by the other at every step.
            if (line := f"{name}: skipped: {error}") not in self._told:
                self._told.add(line)
                self.tell(line)
            return False
        return True

    def newest_record(
        self, needed: tuple[SiteName, ...], *, seen: tuple[SiteState, ...] = ()
    ) -> Record:
        """The copy with the highest epoch among the regions that answer.

        Where there is none, nothing was ever promoted, and the roles of `needed` tell who writes;
        nobody is asked for them where they were `seen` under this run's lock.

        Raises:
            PlanRefused: when two copies of one epoch, or two roles, name different writers.
            SiteUnreachable: when nobody can tell.
        """
        found: list[Record | None] = []
        for name in SITES:
            if name in needed:
                found.append(self.sites[name].read_record())
            elif not self.if_it_answers(name, lambda site: found.append(site.read_record())):
                self.unread.add(name)
        copies = [copy for copy in found if copy is not None] or (
            by_role(seen or answering(self.sites[name] for name in needed), self.clusters)
        )
        newest = max(copies, key=lambda record: record.epoch)
        self.known_epoch = max(self.known_epoch, newest.epoch)
        if are_rivals(copies):
            raise PlanRefused(
                f"the two regions name different writers in epoch {newest.epoch}, so no site can "
                "be promoted - run: pgtwin status, then: pgtwin record --writer SITE"
            )
        return newest

    def epoch(self, name: SiteName) -> int:
        """The epoch of a region's copy of the record; 0 where there is none."""
        copy = self.sites[name].read_record()
        return 0 if copy is None else copy.epoch

    def write_record(self, record: Record, order: tuple[SiteName, ...]) -> None:
        """Bring the copies of the regions in `order` up to `record`."""
        for name in order:
            copy = self.sites[name].read_record()
            if copy is None or copy.epoch < record.epoch or copy == record:
                self.sites[name].write_record(record)
        self.known_epoch = max(self.known_epoch, record.epoch)

    def observe(self, name: SiteName, *, outside: bool = False) -> SiteState | None:
        """Look at a site; None when it cannot tell how it is."""
        try:
            return self.sites[name].observe(outside=outside)
        except SiteError:
            return None

    def wait_until(self, holds: Callable[[], bool], what: str, seconds: float) -> None:
        """Poll until it holds; what looks may act too, so each look is under the lock.

        Raises:
            StepTimedOut: when it does not within `seconds`.
            LockLost: when this machine slept meanwhile, for too long.
        """
        deadline = self.clock.now() + timedelta(seconds=seconds)
        for pause_seconds in pauses(POLL_SECONDS):
            if holds():
                return
            if self.clock.now() >= deadline:
                raise StepTimedOut(f"timed out after {seconds:.0f} s waiting until {what}")
            self.clock.sleep(pause_seconds)
            self.renew_lock()


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
