"""A server without a datastore: is the cluster new, or was this server lost?

Always true:
  * a server whose datastore is there keeps it;
  * an empty server starts a new cluster only where the bucket holds no snapshot of this site and
    no other server answers. A bucket that cannot be read stops the boot: a second, empty cluster
    beside the data of the first would have a new CA, refuse every agent, and show the database
    operator a site without a database;
  * k3s' unit starts nothing without a datastore but in the hour of its birth: the mark that allows
    it is made here, after looking, and lies in /run;
  * a restore that was interrupted is begun again. The mark that tells it from a finished one is
    written only while there is no datastore, so what is cleared away is never more than the half
    of that restore.
"""

import logging
from dataclasses import dataclass
from typing import Literal

from host.bundle.site_document import SiteDocument
from host.errors import Failed
from host.machine.command import command
from host.machine.machine import Machine
from host.machine.paths import ETCD, K3S, K3S_DATA, MAY_START_EMPTY
from host.setup.k3s_config import PORT

Start = Literal["keep", "join", "restore", "new"]
_DATASTORE = f"{K3S_DATA}/server/db"
_RESTORING = f"{K3S_DATA}/restoring"
_RESTORE_SECONDS = 900
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Datastore:
    """What is known about the datastore before k3s starts."""

    local: bool
    """It is on this machine, whole."""
    first: bool
    """This is server-1, the one that makes the cluster."""
    another_answers: bool
    snapshot: str | None
    """The newest snapshot in the bucket."""


def decide(datastore: Datastore) -> Start:
    """How k3s has to be started."""
    if datastore.local:
        return "keep"
    if not datastore.first or datastore.another_answers:
        return "join"
    return "restore" if datastore.snapshot else "new"


def look(machine: Machine, document: SiteDocument, node: str) -> Datastore:
    """Find out; asks the network only where there is no datastore here."""
    files, first = machine.files, node == document.names("server")[0]
    if files.exists(ETCD) and not files.exists(_RESTORING):
        return Datastore(local=True, first=first, another_answers=False, snapshot=None)
    alone = len(document.names("server")) == 1
    return Datastore(
        local=False,
        first=first,
        another_answers=not alone and machine.web.listens(document.api_host, PORT),
        snapshot=_newest_snapshot(machine, document) if first else None,
    )


def settle(machine: Machine, document: SiteDocument, node: str) -> None:
    """Restore the datastore, or allow k3s to start without one.

    Raises:
        Failed: when it has to be restored and cannot be; k3s stays off.
    """
    datastore = look(machine, document, node)
    start = decide(datastore)
    if start == "keep":
        return
    if machine.files.exists(_RESTORING):
        machine.files.remove(_DATASTORE)
    if start == "restore" and datastore.snapshot:
        _restore(machine, document, datastore.snapshot)
    else:
        machine.files.write(MAY_START_EMPTY, start.encode())
    machine.files.remove(_RESTORING)


def _restore(machine: Machine, document: SiteDocument, snapshot: str) -> None:
    _log.warning("no datastore here, but snapshots in the bucket: restoring %s", snapshot)
    machine.files.write(_RESTORING, snapshot.encode())
    reset = ("--cluster-reset", f"--cluster-reset-restore-path={snapshot}")
    try:
        command(machine.shell, K3S, "server", *reset, timeout_seconds=_RESTORE_SECONDS)
    except Failed as error:
        raise Failed(
            f"could not restore {snapshot}: {error} - a server token other than the one that the "
            "snapshot was taken with cannot open it. If this is a new cluster on purpose, move "
            f"s3://{document.bucket}/{document.etcd_prefix}/ away first"
        ) from None


def _newest_snapshot(machine: Machine, document: SiteDocument) -> str | None:
    prefix = f"{document.etcd_prefix}/"
    pages = machine.aws.client("s3").get_paginator("list_objects_v2")
    found = [
        (item["LastModified"], item["Key"].removeprefix(prefix))
        for page in pages.paginate(Bucket=document.bucket, Prefix=prefix)
        for item in page.get("Contents", [])
        if item["Size"] > 0
    ]
    # k3s keeps descriptions of its snapshots in a folder below; those are no snapshots.
    snapshots = [(when, name) for when, name in found if name and "/" not in name]
    return max(snapshots)[1] if snapshots else None
