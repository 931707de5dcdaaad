"""A server's datastore, brought into the state in which k3s may start: kept, restored, joined.

Always true, beyond what `datastore.py` decides:
  * there is one look and one decision for each boot. What k3s is told (`joins`) and what is done
    (`settle`) come of the same one, so that a server that was decided to join is never configured
    to make a cluster;
  * k3s' unit starts nothing without a datastore except on first boot or for a join: the mark that
    allows it is made here, after looking, lies in /run, and is taken back by the next decision;
  * k3s is stopped before the folder of its datastore is reset, given up or restored;
  * a bucket that cannot be read stops the boot: a second, empty cluster beside the data of the
    first would have a new CA, refuse every agent, and show the database operator a site without a
    database;
  * a restore that was interrupted is begun again. The mark that tells it from a finished one is
    written only while there is no datastore, so what is cleared away is never more than the half
    of that restore;
  * a restore finds the server's token where k3s looks for one: on a blank volume there is none, and
    what `token-file` names does not count (k3s pkg/cli/server/server.go). What it must contain is
    the secret that the snapshot was taken with; k3s writes its own form of it at the next start;
  * a restore counts only when the datastore holds what the snapshot held. k3s was seen to end with
    exit code 0 and an empty datastore where it might not look at the bucket.
"""

import logging
from functools import cached_property

from host.bundle.site_document import SiteDocument
from host.errors import Failed
from host.machine.command import command
from host.machine.machine import Machine
from host.machine.paths import ETCD, K3S, K3S_DATA, MAY_START_EMPTY, RESTORING
from host.setup import moved_server
from host.setup.datastore import MAKING, Found, Start, decide, look, other_hosts
from host.setup.k3s_config import SERVER_TOKEN
from host.setup.k3s_unit import NAMES

_DATASTORE = f"{K3S_DATA}/server/db"
_KEPT_TOKEN = f"{K3S_DATA}/server/token"
_RESTORE_SECONDS = 900
_DATABASE = f"{ETCD}/member/snap/db"
"""etcd's own file, begun as a copy of the snapshot; it shrinks when it is defragmented."""
_LEAST_SHARE = 0.1
"""Of the snapshot's size. A datastore with nothing in it has some tens of KiB, a snapshot of a site
several MiB."""
_log = logging.getLogger(__name__)


class LostServer:
    """One server's datastore during one boot; looks when it is first asked, and only then."""

    def __init__(
        self, machine: Machine, document: SiteDocument, node: str, *, others_lost: bool = False
    ) -> None:
        """`others_lost` is what a person says."""
        self._machine = machine
        self._document = document
        self._node = node
        self._others_lost = others_lost

    @cached_property
    def _found(self) -> Found:
        return look(self._machine, self._document, self._node, others_lost=self._others_lost)

    @cached_property
    def start(self) -> Start:
        """How k3s has to be started."""
        return decide(self._found)

    @property
    def joins(self) -> bool:
        """Whether k3s is told to join the others; otherwise it may make a cluster."""
        return self._found.others and self.start not in MAKING

    def settle(self) -> None:
        """Bring the datastore into the state in which k3s may start.

        Raises:
            Failed: when it has to be restored or changed and cannot be; k3s stays off.
        """
        machine, found, start = self._machine, self._found, self.start
        _log.info("the datastore: %s", start)
        machine.files.remove(MAY_START_EMPTY)
        if start == "wait":
            raise self._refusal()
        if start in ("reset", "rejoin", "restore"):
            command(machine.shell, "systemctl", "stop", NAMES["server"])
        if start == "reset":
            moved_server.reset(machine)
        elif start == "rejoin" and found.answering:
            moved_server.leave(machine, self._document, self._node, found.answering, _DATASTORE)
        if start not in ("keep", "reset"):
            self._begin()
        moved_server.remember_address(machine)

    def _begin(self) -> None:
        """Restore the datastore, or allow k3s to start without one."""
        files, found = self._machine.files, self._found
        if files.exists(RESTORING):
            files.remove(_DATASTORE)
        if self.start == "restore" and found.snapshot:
            _restore(self._machine, self._document, found.snapshot)
            _refuse_an_empty_restore(self._machine, found)
        else:
            files.write(MAY_START_EMPTY, self.start.encode())
        files.remove(RESTORING)

    def _refusal(self) -> Failed:
        document, others = self._document, other_hosts(self._document, self._node)
        if not others:
            return Failed(
                "this server has no datastore, and the bucket has backups of the database but no "
                "snapshot of a datastore; nothing was started - give this machine the volume that "
                "it had, or restore that from a snapshot of EBS. If this is a new site on purpose, "
                f"move s3://{document.bucket}/{document.physical_prefix}/ away first"
            )
        silent = f"none of the other {len(others)} servers answers ({', '.join(others)})"
        held = "this server has no datastore, but its site had one"
        what = "the newest snapshot" if self._found.snapshot else "an empty datastore"
        if self._found.local:
            address = moved_server.former_address(self._machine)
            held, what = f"the datastore knows this server as {address}", "this datastore"
        return Failed(
            f"{held}, and {silent}; nothing was touched, and this is tried again every minute - "
            f"start one of them. Only if all of them are lost for good, make {what} the site's, "
            "run: sudo pgtwin-host boot --others-lost"
        )


def _restore(machine: Machine, document: SiteDocument, snapshot: str) -> None:
    _log.warning("no datastore here, but snapshots in the bucket: restoring %s", snapshot)
    machine.files.write(RESTORING, snapshot.encode())
    machine.files.write(_KEPT_TOKEN, machine.files.read(SERVER_TOKEN), mode=0o600)
    k3s = str(machine.files.path(K3S))
    reset = ("--cluster-reset", f"--cluster-reset-restore-path={snapshot}")
    try:
        command(machine.shell, k3s, "server", *reset, timeout_seconds=_RESTORE_SECONDS)
    except Failed as error:
        raise Failed(
            f"could not restore {snapshot}: {error} - a server token other than the one that the "
            "snapshot was taken with cannot open it. If this is a new cluster on purpose, move "
            f"s3://{document.bucket}/{document.etcd_prefix}/ away first"
        ) from None


def _refuse_an_empty_restore(machine: Machine, found: Found) -> None:
    file = machine.files.path(_DATABASE)
    restored = file.stat().st_size if file.exists() else 0
    if restored >= _LEAST_SHARE * found.snapshot_bytes:
        return
    # k3s' unit starts wherever there is a datastore.
    machine.files.remove(_DATASTORE)
    raise Failed(
        f"k3s restored {found.snapshot} without an error, but of its {found.snapshot_bytes} bytes "
        f"{restored} are there; nothing was started - the role of this machine may lack "
        "s3:ListBucket or s3:GetObject; this is tried again every minute"
    )
