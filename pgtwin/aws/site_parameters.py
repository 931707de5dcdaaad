"""The record, the lock and the outputs in one region's Parameter Store."""

import json
from datetime import datetime
from typing import Any

from pgtwin.aws.answers import answers
from pgtwin.aws.clients import Clients
from pgtwin.errors import Locked, RecordConflict, SiteRefused
from pgtwin.lock import Lock
from pgtwin.record import Record
from topology.names import Names
from topology.site import SiteName


class SiteParameters:
    """One region's copies."""

    def __init__(self, clients: Clients, names: Names) -> None:
        self._clients = clients
        self._names = names

    def outputs(self, site: SiteName) -> dict[str, Any]:
        """What the deployed stack says about itself.

        Raises:
            SiteRefused: when nothing is deployed here.
        """
        text = self._get(self._names.outputs_parameter(site))
        if text is None:
            raise SiteRefused(
                f"{site} is not deployed in {self._clients.region}; deploy with make deploy"
            )
        return dict(json.loads(text))

    def record(self) -> Record | None:
        """This region's copy, where there is one."""
        text = self._get(self._names.record_parameter())
        return None if text is None else Record.parse(text)

    def write_record(self, record: Record) -> None:
        """Replace the copy.

        Raises:
            RecordConflict: where it is of the same epoch with another content, or of a later one.
        """
        present = self.record()
        if present == record:
            return
        if present is not None and present.epoch >= record.epoch:
            raise RecordConflict(
                f"the record in {self._clients.region} is of epoch {present.epoch} already, "
                f"by {present.by}"
            )
        self._put(self._names.record_parameter(), record.text(), overwrite=True)

    def take_lock(self, lock: Lock, now: datetime) -> None:
        """Hold the lock from now on.

        Raises:
            Locked: where somebody else does.
        """
        name = self._names.lock_parameter()
        if self._put(name, lock.text(), overwrite=False):
            return
        holder = self._lock()
        if holder is not None and holder.run != lock.run and holder.holds_at(now):
            raise Locked(f"{self._clients.region} is locked by {holder}")
        self._put(name, lock.text(), overwrite=True)
        # Of two that take an expired lock at once, the later write holds it.
        winner = self._lock()
        if winner is None or winner.run != lock.run:
            raise Locked(f"{self._clients.region} is locked by {winner}")

    def release_lock(self, run: str) -> None:
        """Give the lock up if `run` holds it."""
        holder = self._lock()
        if holder is not None and holder.run == run:
            with answers("release the lock"):
                self._clients.client("ssm").delete_parameter(Name=self._names.lock_parameter())

    def _lock(self) -> Lock | None:
        text = self._get(self._names.lock_parameter())
        return None if text is None else Lock.parse(text)

    def _get(self, name: str) -> str | None:
        ssm = self._clients.client("ssm")
        with answers(f"read {name} in {self._clients.region}"):
            try:
                return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
            except ssm.exceptions.ParameterNotFound:
                return None

    def _put(self, name: str, value: str, *, overwrite: bool) -> bool:
        ssm = self._clients.client("ssm")
        with answers(f"write {name} in {self._clients.region}"):
            try:
                ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=overwrite)
            except ssm.exceptions.ParameterAlreadyExists:
                return False
        return True
