"""How k3s has to be started: is the cluster new, was this server lost, or was it recreated?

Always true:
  * a server whose datastore is there keeps it, or what another server holds of it
    (`moved_server.py`);
  * an empty server starts a new cluster only where the bucket holds no snapshot of this site and
    no other server answers. A bucket that cannot be read stops the boot: a second, empty cluster
    beside the data of the first would have a new CA, refuse every agent, and show the database
    operator a site without a database;
  * k3s' unit starts nothing without a datastore except on first boot: the mark that allows
    it is made here, after looking, and lies in /run;
  * a restore that was interrupted is begun again. The mark that tells it from a finished one is
    written only while there is no datastore, so what is cleared away is never more than the half
    of that restore;
  * a restore counts only when the datastore holds what the snapshot held. k3s was seen to end with
    exit code 0 and an empty datastore where it might not look at the bucket.
"""

import logging
from dataclasses import dataclass
from typing import Literal

from host.bundle.site_document import SiteDocument
from host.errors import Failed
from host.machine.command import command
from host.machine.machine import Machine
from host.machine.paths import ETCD, K3S, K3S_DATA, MAY_START_EMPTY
from host.setup import moved_server
from host.setup.k3s_config import PORT

Start = Literal["keep", "reset", "rejoin", "wait", "join", "restore", "new"]
JOINING: tuple[Start, ...] = ("join", "rejoin", "wait")
"""Where k3s is told to join, never to make a cluster: also while nobody answers, since the others
may by the moment at which the datastore is settled."""
_DATASTORE = f"{K3S_DATA}/server/db"
_RESTORING = f"{K3S_DATA}/restoring"
_RESTORE_SECONDS = 900
_DATABASE = f"{ETCD}/member/snap/db"
"""etcd's own file, begun as a copy of the snapshot; it shrinks when it is defragmented."""
_LEAST_SHARE = 0.1
"""Of the snapshot's size. A datastore with nothing in it has some tens of KiB, a snapshot of a site
several MiB."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Datastore:
    """What is known about the datastore before k3s starts."""

    local: bool
    """It is on this machine, whole."""
    moved: bool = False
    """It knows this server by another address."""
    alone: bool = True
    """The site has no other server."""
    first: bool
    """This is server-1, the one that makes the cluster."""
    another_answers: bool
    snapshot: str | None
    """The newest snapshot in the bucket."""
    snapshot_bytes: int = 0


def decide(datastore: Datastore) -> Start:
    """How k3s has to be started."""
    if datastore.local:
        return _keep(datastore)
    if not datastore.first or datastore.another_answers:
        return "join"
    return "restore" if datastore.snapshot else "new"


def _keep(datastore: Datastore) -> Start:
    if not datastore.moved:
        return "keep"
    if datastore.alone:
        return "reset"
    return "rejoin" if datastore.another_answers else "wait"


def look(machine: Machine, document: SiteDocument, node: str) -> Datastore:
    """Find out; asks the network only where the datastore here cannot simply be kept."""
    files, first = machine.files, node == document.names("server")[0]
    alone = len(document.names("server")) == 1
    local = files.exists(ETCD) and not files.exists(_RESTORING)
    moved = local and moved_server.former_address(machine) is not None
    asks = not alone and (moved or not local)
    name, size = _newest_snapshot(machine, document) if first and not local else (None, 0)
    return Datastore(
        local=local,
        moved=moved,
        alone=alone,
        first=first,
        another_answers=asks and machine.web.listens(document.api_host, PORT),
        snapshot=name,
        snapshot_bytes=size,
    )


def settle(machine: Machine, document: SiteDocument, node: str) -> None:
    """Bring the datastore into the state in which k3s may start.

    Raises:
        Failed: when it has to be restored or changed and cannot be; k3s stays off.
    """
    datastore = look(machine, document, node)
    start = decide(datastore)
    if start == "wait":
        raise moved_server.refusal(machine, document)
    if start == "reset":
        moved_server.reset(machine)
    elif start == "rejoin":
        moved_server.leave(machine, document, node, _DATASTORE)
    if start not in ("keep", "reset"):
        _begin(machine, document, datastore, start)
    moved_server.remember_address(machine)


def _begin(machine: Machine, document: SiteDocument, datastore: Datastore, start: Start) -> None:
    """Restore the datastore, or allow k3s to start without one."""
    if machine.files.exists(_RESTORING):
        machine.files.remove(_DATASTORE)
    if start == "restore" and datastore.snapshot:
        _restore(machine, document, datastore.snapshot)
        _refuse_an_empty_restore(machine, datastore)
    else:
        machine.files.write(MAY_START_EMPTY, start.encode())
    machine.files.remove(_RESTORING)


def _restore(machine: Machine, document: SiteDocument, snapshot: str) -> None:
    _log.warning("no datastore here, but snapshots in the bucket: restoring %s", snapshot)
    machine.files.write(_RESTORING, snapshot.encode())
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


def _refuse_an_empty_restore(machine: Machine, datastore: Datastore) -> None:
    file = machine.files.path(_DATABASE)
    found = file.stat().st_size if file.exists() else 0
    if found >= _LEAST_SHARE * datastore.snapshot_bytes:
        return
    # k3s' unit starts wherever there is a datastore.
    machine.files.remove(_DATASTORE)
    raise Failed(
        f"k3s restored {datastore.snapshot} without an error, but of its "
        f"{datastore.snapshot_bytes} bytes {found} are there; nothing was started - the role of "
        "this machine may lack s3:ListBucket or s3:GetObject; this is tried again every minute"
    )


def _newest_snapshot(machine: Machine, document: SiteDocument) -> tuple[str | None, int]:
    prefix = f"{document.etcd_prefix}/"
    pages = machine.aws.client("s3").get_paginator("list_objects_v2")
    found = [
        (item["LastModified"], item["Key"].removeprefix(prefix), int(item["Size"]))
        for page in pages.paginate(Bucket=document.bucket, Prefix=prefix)
        for item in page.get("Contents", [])
        if item["Size"] > 0
    ]
    # k3s keeps descriptions of its snapshots in a folder below; those are no snapshots.
    snapshots = [each for each in found if each[1] and "/" not in each[1]]
    if not snapshots:
        return None, 0
    _, name, size = max(snapshots)
    return name, size
