"""From what the Kubernetes API answers to the parts of the status document: pure."""

import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from host.archive.generations import is_later
from host.errors import Failed
from host.evidence.status_document import (
    CertificateStatus,
    ClusterStatus,
    NodeStatus,
    OperatorStatus,
    StandbysStatus,
    VolumeStatus,
)
from host.kubernetes.cluster import (
    CONFIRMED_IN_EPOCH,
    DEMOTION_TOKEN,
    PROMOTED_IN_EPOCH,
    UPGRADING_TO,
    Cluster,
)
from host.kubernetes.cordon import cordoned_by
from host.kubernetes.kubectl import Object
from host.kubernetes.node_mark import bundle_of, k3s_waits
from host.kubernetes.operators import has_condition, unavailable
from host.postgres.site_look import SiteLook
from host.writer.record import Record

_GO_TIME = "%Y-%m-%d %H:%M:%S %z UTC"
"""How CloudNativePG writes the expiry of a cluster's own certificates."""
_DAY_SECONDS = 86_400
_DF = re.compile(r"[^\n]*\n\s*(?P<size>[1-9][0-9]{0,18})\s+(?P<used>[0-9]{1,19})\s*", re.ASCII)
_log = logging.getLogger(__name__)


def history_begins(
    now: datetime, *, cluster: Cluster, record: Record | None, retention_days: int
) -> datetime:
    """From when on a site should be restorable under its present server name.

    A cluster that is cloned is a new one. A major upgrade gives a new name to one that stays; then
    the record's newest epoch is the earliest that is known of the name.
    """
    moments = [now - timedelta(days=retention_days), cluster.created]
    if record and record.since and is_later(cluster.server_name):
        moments.append(record.since)
    return max(moments)


def cluster_status(cluster: Cluster) -> ClusterStatus:
    """The Cluster object."""
    return ClusterStatus(
        name=cluster.name,
        phase=cluster.phase,
        switching=cluster.switching,
        paused=cluster.paused,
        instances=cluster.instances,
        ready_instances=cluster.status("readyInstances") or 0,
        primary_pod=cluster.primary_pod,
        image=cluster.status("image"),
    )


def standbys_status(cluster: Cluster | None, look: SiteLook | None) -> StandbysStatus | None:
    """Its standbys; None where the leading instance did not say."""
    if cluster is None or look is None:
        return None
    ready = (cluster.status("readyInstances") or 0) - 1
    missing = max(0, ready - look.standbys.streaming(cluster.pods))
    return StandbysStatus(
        not_streaming=0 if look.state.in_recovery else missing,
        lost_slots=look.standbys.lost_slots,
        tablespaces=look.standbys.tablespaces,
    )


def demotion_token(cluster: Cluster) -> str | None:
    """What the next writer needs, on a replica that was the writer."""
    if cluster.is_writer or cluster.demoting:
        return None
    return cluster.annotation(DEMOTION_TOKEN) or cluster.status("demotionToken") or None


def promoted_in_epoch(cluster: Cluster) -> int | None:
    """The record's epoch of the cluster's last promotion."""
    epoch = cluster.annotation(PROMOTED_IN_EPOCH)
    return int(epoch) if epoch else None


def confirmed_in_epoch(cluster: Cluster) -> int | None:
    """The epoch of the last promotion that was seen to have taken hold."""
    epoch = cluster.annotation(CONFIRMED_IN_EPOCH)
    return int(epoch) if epoch else None


def upgrading_to(cluster: Cluster) -> int | None:
    """The major version that an upgrade has stopped the cluster for."""
    major = cluster.annotation(UPGRADING_TO)
    return int(major) if major else None


def node_statuses(names: Iterable[str], nodes: Iterable[Object]) -> tuple[NodeStatus, ...]:
    """The site's machines, also those that have not joined."""
    joined = {node["metadata"]["name"]: node for node in nodes}
    return tuple(_node(name, joined.get(name)) for name in names)


def _node(name: str, node: Object | None) -> NodeStatus:
    if node is None:
        return NodeStatus(name=name, ready=False, version=None)
    version = node.get("status", {}).get("nodeInfo", {}).get("kubeletVersion")
    ready = has_condition(node, "Ready")
    return NodeStatus(
        name=name,
        ready=ready,
        version=version,
        cordoned_by=cordoned_by(node),
        bundle=bundle_of(node),
        k3s_waits=k3s_waits(node),
    )


def operator_statuses(deployments: Iterable[Object]) -> tuple[OperatorStatus, ...]:
    """The operators' Deployments."""
    return tuple(
        OperatorStatus(
            name=item["metadata"]["name"],
            available=not unavailable([item]),
            image=item["spec"]["template"]["spec"]["containers"][0]["image"],
        )
        for item in deployments
    )


def certificate_statuses(
    certificates: Iterable[Object], cluster: Cluster | None, now: datetime
) -> tuple[CertificateStatus, ...]:
    """cert-manager's certificates and the cluster's own, the next to expire first."""
    told = {
        item["metadata"]["name"]: item["status"]["notAfter"]
        for item in certificates
        if item.get("status", {}).get("notAfter")
    }
    own = (cluster.status("certificates") or {}) if cluster else {}
    told |= own.get("expirations", {})
    ends = {name: end for name, text in told.items() if (end := _end(name, text))}
    return tuple(
        certificate_status(name, end, now)
        for name, end in sorted(ends.items(), key=lambda item: item[1])
    )


def certificate_status(name: str, end: datetime, now: datetime) -> CertificateStatus:
    """A certificate that ends at `end`."""
    return CertificateStatus(
        name=name,
        expires=end.astimezone(UTC).isoformat(timespec="seconds"),
        days_left=round((end - now).total_seconds() / _DAY_SECONDS, 1),
    )


def _end(name: str, text: str) -> datetime | None:
    """When a certificate ends; None, and a line in the log, where that cannot be read."""
    for read in (_rfc_3339, _go_time):
        try:
            return read(text)
        except (ValueError, OverflowError):
            continue
    _log.error("the certificate %s ends at %.100r, which is not a valid timestamp", name, text)
    return None


def _rfc_3339(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _go_time(text: str) -> datetime:
    return datetime.strptime(text, _GO_TIME).astimezone(UTC)


def volume_status(pod: str, df: str) -> VolumeStatus:
    """The volume under a pod from `df --block-size=1 --output=size,used`: a title and a line.

    Raises:
        Failed: where it is something else.
    """
    found = _DF.fullmatch(df)
    if found is None:
        raise Failed(f"df in {pod} printed {df[:100]!r} - run: pgtwin status")
    size, used = int(found["size"]), int(found["used"])
    return VolumeStatus(
        pod=pod, size_bytes=size, used_bytes=used, used_percent=round(100 * used / size, 1)
    )
