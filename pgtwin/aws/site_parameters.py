"""The record, the lock and the outputs in one region's Parameter Store.

What always holds:

* The record's epochs only rise. A put that lands late is the newest version, but not the newest
  record: the version before it counts then, also where both are of one epoch. Who finds that
  another came between puts the higher epoch back, and stops. A copy that cannot be read is of no
  epoch: the version before it counts, and any record may be put over it.
* A lock is taken where there is none, where it is one's own, where it has expired by the region's
  clock, and where its run is over: it ended, and a region wrote the lock down late, or its process
  was killed. What a dead run asked a site for may still take effect: the gate against that is the
  record, as it is for a lock that expired.
* A lock is extended only where it is one's own and has not expired: one that is lost stays lost.
  What cannot be read is nobody's lock.
* A lock is given up by putting one of no time over it, never by deleting it. Whoever took it
  between the look and the put gets it back. The versions go on, so that no put passes for the next
  after a lock that its holder never saw.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

from pgtwin.aws.clients import Clients
from pgtwin.aws.parameter import Parameter, Stored
from pgtwin.errors import Locked, LockLost, RecordConflict, SiteRefused
from pgtwin.lock import Lock
from pgtwin.record import Record
from topology.names import Names
from topology.site import SiteName

_log = logging.getLogger(__name__)


class SiteParameters:
    """One region's copies."""

    def __init__(
        self, clients: Clients, names: Names, *, is_over: Callable[[str], bool] = lambda _: False
    ) -> None:
        """`is_over` says whether a run, by its id, is known to do nothing more."""
        self._is_over = is_over
        self._clients = clients
        self._names = names
        self._record = Parameter(clients, names.record_parameter())
        self._lock = Parameter(clients, names.lock_parameter())

    def outputs(self, site: SiteName) -> dict[str, Any]:
        """What the deployed stack says about itself.

        Raises:
            SiteRefused: when nothing is deployed here.
        """
        said = self.outputs_if_deployed(site)
        if said is None:
            raise SiteRefused(
                f"{site} is not deployed in {self._clients.region} - run: make deploy"
            )
        return said

    def outputs_if_deployed(self, site: SiteName) -> dict[str, Any] | None:
        """The same; None when nothing is deployed here, or nothing that says so in JSON."""
        stored = Parameter(self._clients, self._names.outputs_parameter(site)).read()
        try:
            said = json.loads(stored.text) if stored else None
        except ValueError:
            return None
        return said if isinstance(said, dict) else None

    def record(self) -> Record | None:
        """This region's copy, where there is one."""
        stored = self._record.read()
        return None if stored is None else self._highest(stored)

    def write_record(self, record: Record) -> None:
        """Replace the copy.

        Raises:
            RecordConflict: where it is of the same epoch with another content, or of a later one.
        """
        seen = self._record.read()
        if seen is None and self._record.create(record.text()):
            return
        seen = seen or self._record.read()
        if seen is None:
            raise RecordConflict(
                f"the record in {self._clients.region} was removed meanwhile - run: pgtwin status"
            )
        present, shown = self._highest(seen), self._read(seen)
        if present == shown == record:
            return
        self._refuse_unless_older(present, record)
        between = self._record.replace(seen, record.text())
        late = None if between is None else self._read(between)
        if late is not None and late.epoch >= record.epoch:
            self._record.put_back(late.text())
            self._refuse_unless_older(late, record)

    def take_lock(self, lock: Lock) -> None:
        """Hold the lock from now on.

        Raises:
            Locked: where somebody else does.
        """
        if self._lock.create(lock.text()):
            return
        seen = self._lock.read()
        if seen is None:
            raise Locked(f"{self._clients.region} was locked a moment ago - repeat the command")
        holder = self._holder(seen)
        if holder and not self._is_free_for(lock.run, holder, seen.age_seconds):
            raise Locked(f"{self._clients.region} is locked by {holder.after(seen.age_seconds)}")
        self._replace_lock(seen, lock)

    def extend_lock(self, lock: Lock) -> None:
        """Hold the lock for longer.

        Raises:
            LockLost: where it is missing, expired or another's; it is left as it is.
        """
        seen = self._lock.read()
        holder = None if seen is None else self._holder(seen)
        if seen is None or holder is None:
            raise LockLost(f"the lock in {self._clients.region} is gone")
        if holder.run != lock.run:
            raise LockLost(
                f"the lock in {self._clients.region} was lost to {holder.after(seen.age_seconds)}"
            )
        if not holder.holds_after(seen.age_seconds):
            raise LockLost(
                f"the lock in {self._clients.region} expired, {seen.age_seconds:.0f} s after it "
                "was extended last"
            )
        self._replace_lock(seen, lock)

    def locked_by(self, run: str) -> str | None:
        """Who keeps the lock from `run`, and for how long yet; None where it is free for it."""
        seen = self._lock.read()
        holder = None if seen is None else self._holder(seen)
        if seen is None or holder is None or self._is_free_for(run, holder, seen.age_seconds):
            return None
        return holder.after(seen.age_seconds)

    def release_lock(self, run: str) -> None:
        """Give the lock up if `run` holds it."""
        seen = self._lock.read()
        holder = None if seen is None else self._holder(seen)
        if seen is not None and holder is not None and holder.run == run:
            self._put_over(seen, holder.given_up())

    def _is_free_for(self, run: str, holder: Lock, age_seconds: float) -> bool:
        expired = not holder.holds_after(age_seconds)
        return holder.run == run or expired or self._is_over(holder.run)

    def _replace_lock(self, seen: Stored, lock: Lock) -> None:
        other = self._put_over(seen, lock)
        if other is not None:
            raise Locked(f"{self._clients.region} is locked by {other}")

    def _put_over(self, seen: Stored, lock: Lock) -> Lock | None:
        """Whose lock came between the look and the put, and was put back."""
        between = self._lock.replace(seen, lock.text())
        holder = None if between is None else self._holder(between)
        if holder is None or holder.run == lock.run:
            return None
        self._lock.put_back(holder.text())
        return holder

    def _highest(self, seen: Stored) -> Record | None:
        newest, before = self._read(seen), self._record.before(seen)
        older = None if before is None else self._read(before)
        if newest is None or older is None:
            return newest or older
        return older if older.epoch >= newest.epoch else newest

    def _read(self, stored: Stored) -> Record | None:
        return Record.readable(stored.text, self._clients.region)

    def _holder(self, stored: Stored) -> Lock | None:
        try:
            return Lock.parse(stored.text)
        except ValueError as error:
            where = self._clients.region
            _log.warning("the lock in %s is not valid (%s) and is ignored", where, error)
            return None

    def _refuse_unless_older(self, present: Record | None, record: Record) -> None:
        if present is not None and present != record and present.epoch >= record.epoch:
            raise RecordConflict(
                f"the record in {self._clients.region} is of epoch {present.epoch} already, "
                f"by {present.by}"
            )
