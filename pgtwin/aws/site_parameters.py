"""The record, the lock and the outputs in one region's Parameter Store.

What always holds:

* The record's epochs only rise. A put that lands late is the newest version, but not the newest
  record: the version before it counts then, also where both are of one epoch. Who finds that
  another came between puts the higher epoch back, and stops.
* A lock is taken where there is none, where it is one's own, and where it has expired by the
  region's clock. It is extended only where it is one's own and has not: a lock that is lost stays
  lost.
"""

import json
from typing import Any

from pgtwin.aws.clients import Clients
from pgtwin.aws.parameter import Parameter, Stored
from pgtwin.errors import Locked, LockLost, RecordConflict, SiteRefused
from pgtwin.lock import Lock
from pgtwin.record import Record
from topology.names import Names
from topology.site import SiteName


class SiteParameters:
    """One region's copies."""

    def __init__(self, clients: Clients, names: Names) -> None:
        self._clients = clients
        self._names = names
        self._record = Parameter(clients, names.record_parameter())
        self._lock = Parameter(clients, names.lock_parameter())

    def outputs(self, site: SiteName) -> dict[str, Any]:
        """What the deployed stack says about itself.

        Raises:
            SiteRefused: when nothing is deployed here.
        """
        stored = Parameter(self._clients, self._names.outputs_parameter(site)).read()
        if stored is None:
            raise SiteRefused(
                f"{site} is not deployed in {self._clients.region}; deploy with make deploy"
            )
        return dict(json.loads(stored.text))

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
                f"the record in {self._clients.region} was removed meanwhile; repeat"
            )
        present, shown = self._highest(seen), Record.parse(seen.text)
        if present == shown == record:
            return
        self._refuse_unless_older(present, record)
        between = self._record.replace(seen, record.text())
        if between is not None and Record.parse(between.text).epoch >= record.epoch:
            self._record.put_back(between.text)
            self._refuse_unless_older(Record.parse(between.text), record)

    def take_lock(self, lock: Lock) -> None:
        """Hold the lock from now on.

        Raises:
            Locked: where somebody else does.
        """
        if self._lock.create(lock.text()):
            return
        seen = self._lock.read()
        if seen is None:
            raise Locked(f"{self._clients.region} was locked a moment ago; repeat")
        holder = Lock.parse(seen.text)
        if holder.run != lock.run and holder.holds_after(seen.age_seconds):
            raise Locked(f"{self._clients.region} is locked by {holder.after(seen.age_seconds)}")
        self._replace_lock(seen, lock)

    def extend_lock(self, lock: Lock) -> None:
        """Hold the lock for longer.

        Raises:
            LockLost: where it is missing, expired or another's; it is left as it is.
        """
        seen = self._lock.read()
        if seen is None:
            raise LockLost(f"the lock in {self._clients.region} is gone")
        holder = Lock.parse(seen.text)
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

    def release_lock(self, run: str) -> None:
        """Give the lock up if `run` holds it."""
        seen = self._lock.read()
        if seen is not None and Lock.parse(seen.text).run == run:
            self._lock.delete()

    def _replace_lock(self, seen: Stored, lock: Lock) -> None:
        between = self._lock.replace(seen, lock.text())
        if between is not None and Lock.parse(between.text).run != lock.run:
            self._lock.put_back(between.text)
            raise Locked(f"{self._clients.region} is locked by {Lock.parse(between.text)}")

    def _highest(self, seen: Stored) -> Record:
        newest, before = Record.parse(seen.text), self._record.before(seen)
        if before is None:
            return newest
        older = Record.parse(before.text)
        return older if older.epoch >= newest.epoch else newest

    def _refuse_unless_older(self, present: Record, record: Record) -> None:
        if present != record and present.epoch >= record.epoch:
            raise RecordConflict(
                f"the record in {self._clients.region} is of epoch {present.epoch} already, "
                f"by {present.by}"
            )
