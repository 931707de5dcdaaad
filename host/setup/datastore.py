"""A server's datastore before k3s starts: what is known of it, and how k3s has to be started.

What always holds, of all servers of a site together: there is never an empty or an older datastore
beside others that are a quorum. So

  * what is there is k3s' own question, whether etcd has a write-ahead log. A folder without one is
    a join that was cut off, and counts as nothing;
  * a server without a datastore begins an empty one only in a site of which the bucket holds
    nothing: no snapshot, and nothing of the database. A site has its first base backup before its
    deployment ends, its first snapshot up to six hours later;
  * where several belong together, silence is unknown and not "no". One missed answer, a name that
    is not resolved and three dead machines look alike, so nothing is reset and nothing restored on
    it: this server waits, and a person says that the others are lost (`boot --others-lost`);
  * who answers is another server, asked by its own name: the name of all of them leads here too;
  * the only server of a site has nobody to ask, and its newest snapshot is the newest there is. Its
    datastore may know others that the site has no more: a person says that those are lost.
"""

from dataclasses import dataclass
from typing import Literal

from host.archive.etcd_snapshots import EtcdSnapshot, newest_etcd_snapshot
from host.bundle.site_document import SiteDocument
from host.errors import Failed
from host.machine.machine import Machine
from host.machine.paths import ETCD_WAL, RESTORING
from host.setup import moved_server
from host.setup.k3s_config import PORT

Start = Literal["keep", "reset", "rejoin", "wait", "join", "restore", "new"]
MAKING: tuple[Start, ...] = ("reset", "restore", "new")
"""Where this server makes a cluster by itself. In every other case one of several is told to join:
with a datastore k3s goes on with it and asks nobody (k3s pkg/cluster/bootstrap.go,
`shouldBootstrapLoad`), and if it is without one after all, it joins or fails."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is known before k3s starts."""

    local: bool
    """The datastore is on this machine, whole."""
    moved: bool = False
    """It knows this server by another address."""
    others: bool = False
    """The site has other servers."""
    others_lost: bool = False
    """A person says that all of them are lost; none answers."""
    first: bool
    """This is server-1, the one that makes the cluster."""
    answering: str | None = None
    """The host name of another server that accepts connections."""
    snapshot: str | None = None
    """The newest one in the bucket."""
    snapshot_bytes: int = 0
    lived: bool = False
    """The bucket holds something that only a site that was made leaves there."""


def decide(found: Found) -> Start:
    """How k3s has to be started."""
    if found.local:
        return _keep(found)
    begins = found.first or found.others_lost
    if found.answering or not begins:
        return "join"
    if found.snapshot and (found.others_lost or not found.others):
        return "restore"
    return "wait" if found.lived and not found.others_lost else "new"


def _keep(found: Found) -> Start:
    if found.others_lost:
        return "reset"
    if not found.moved:
        return "keep"
    if not found.others:
        return "reset"
    return "rejoin" if found.answering else "wait"


def look(machine: Machine, document: SiteDocument, node: str, *, others_lost: bool) -> Found:
    """Find out; asks the network only where the datastore here cannot simply be kept.

    Raises:
        Failed: when others are said to be lost and one of them answers, or there never were any.
    """
    servers = document.names("server")
    others, first = len(servers) > 1, node == servers[0]
    local = machine.files.exists(ETCD_WAL) and not machine.files.exists(RESTORING)
    moved = local and moved_server.former_address(machine) is not None
    asks = others and (moved or others_lost or not local)
    answering = _answering(machine, document, node) if asks else None
    if others_lost:
        _refuse_what_is_not_so(others or local, answering)
    searches = not local and (first or others_lost)
    newest = _newest_snapshot(machine, document) if searches else None
    return Found(
        local=local,
        moved=moved,
        others=others,
        others_lost=others_lost,
        first=first,
        answering=answering,
        snapshot=newest.name if newest else None,
        snapshot_bytes=newest.size if newest else 0,
        lived=searches and (newest is not None or _has_backups(machine, document)),
    )


def _newest_snapshot(machine: Machine, document: SiteDocument) -> EtcdSnapshot | None:
    s3 = machine.aws.client("s3")
    return newest_etcd_snapshot(s3, document.bucket, document.etcd_prefix)


def _has_backups(machine: Machine, document: SiteDocument) -> bool:
    prefix = f"{document.physical_prefix}/"
    page = machine.aws.client("s3").list_objects_v2(
        Bucket=document.bucket, Prefix=prefix, MaxKeys=1
    )
    return bool(page.get("Contents"))


def _answering(machine: Machine, document: SiteDocument, node: str) -> str | None:
    for other in other_hosts(document, node):
        if machine.web.listens(other, PORT):
            return other
    return None


def other_hosts(document: SiteDocument, node: str) -> tuple[str, ...]:
    """The host names of the site's other servers."""
    servers = (each for each in document.nodes if each.role == "server")
    return tuple(each.host for each in servers if each.name != node)


def _refuse_what_is_not_so(had_others: bool, answering: str | None) -> None:
    if answering:
        raise Failed(
            f"{answering} answers, so not all other servers are lost; nothing was changed - run: "
            "sudo pgtwin-host boot. If that one holds no datastore either and only waits to join, "
            "stop its machine first"
        )
    if not had_others:
        raise Failed(
            "this site has no other servers; nothing was changed - run: sudo pgtwin-host boot"
        )
