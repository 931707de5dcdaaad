"""Reads the parts of the status document, each by itself."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from host.archive.archives import Restorable, own_archive
from host.archive.dumps import complete_dumps
from host.archive.etcd_snapshots import newest_etcd_snapshot
from host.evidence import status_parts
from host.evidence.evidence_store import EvidenceStore
from host.evidence.k3s_certificates import k3s_certificates
from host.evidence.other_region import other_region_status
from host.evidence.parts import Parts
from host.evidence.state_reader import StateReader, conflict
from host.evidence.status_document import (
    BackupStatus,
    CertificateStatus,
    DumpStatus,
    EtcdSnapshotStatus,
    EvidenceStatus,
    NodeStatus,
    OperatorStatus,
    RecordStatus,
    StatusDocument,
    VolumeStatus,
)
from host.evidence.wal_room import hours_left
from host.kubernetes import operators
from host.kubernetes.cluster import Cluster
from host.site import Site
from host.writer.record import Record

OPERATOR_NAMESPACES = ("cert-manager", "cnpg-system")
_CERTIFICATES = "certificates.cert-manager.io"
_PGDATA = "/var/lib/postgresql/data"
_UP_TO_THE_SECOND = timedelta(microseconds=999_999)
"""Rounds up: no archive can be restored to a moment before the end of its oldest base backup."""


class StatusReader:
    """One reading; every part that fails is None and leaves its reason in `errors`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._document = site.document
        self._kubectl = site.kubectl
        self._now = site.machine.clock.now()
        self._parts = Parts()

    def read(self) -> StatusDocument:
        """The whole document."""
        reader = StateReader(self._site, self._parts)
        cluster, record = reader.cluster, reader.record
        part = self._parts.read
        look = reader.look
        postgres, volumes = look.state if look else None, part("volumes", self._volumes)
        leading = cluster.primary_pod if cluster else None
        return StatusDocument(
            schema=1,
            site=self._document.site,
            region=self._document.region,
            at=_text(self._now),
            bundle=self._site.bundle.sha256,
            replication=self._document.replication,
            state=reader.state(),
            record=self._record_status(record),
            cluster=None if cluster is None else status_parts.cluster_status(cluster),
            postgres=postgres,
            standbys=status_parts.standbys_status(cluster, look),
            other_region=part("other region", lambda: other_region_status(self._site, cluster)),
            writer_conflict=conflict(cluster, record, self._document.site),
            base_backups=part("base backups", lambda: self._base_backups(cluster, record)),
            dumps=part("dumps", lambda: self._dumps(cluster)),
            etcd_snapshots=part("etcd snapshots", lambda: self._etcd_snapshots(cluster)),
            evidence=part("evidence", lambda: self._evidence(cluster)),
            nodes=part("nodes", self._nodes),
            operators=part("operators", self._operators),
            volumes=volumes,
            wal_hours_left=hours_left(postgres, volumes, leading),
            certificates=part("certificates", lambda: self._certificates(cluster)),
            k3s_certificates=part("k3s certificates", lambda: k3s_certificates(self._site.machine)),
            errors=self._parts.errors,
        )

    def state(self) -> dict[str, Any]:
        """Only what decides who may write, as JSON."""
        state = StateReader(self._site, self._parts).state()
        return {
            "site": self._document.site,
            "state": None if state is None else asdict(state),
            "errors": self._parts.errors,
        }

    def _record_status(self, record: Record | None) -> RecordStatus | None:
        if record is None:
            return None
        return RecordStatus(
            epoch=record.epoch,
            writer=record.writer,
            configured_writer=self._document.writer,
            server_names=record.server_names,
            contested=record.contested,
        )

    def _base_backups(self, cluster: Cluster | None, record: Record | None) -> BackupStatus | None:
        if cluster is None:
            return None
        found = Restorable.of(own_archive(self._site, cluster.server_name))
        if found is None:
            return None
        begins = status_parts.history_begins(
            self._now,
            cluster=cluster,
            record=record,
            retention_days=self._document.retention_days,
        )
        return BackupStatus(
            newest_id=found.newest.backup_id,
            newest_age_seconds=(self._now - found.newest.ended).total_seconds(),
            restorable_from=_text(found.oldest.ended + _UP_TO_THE_SECOND),
            history_missing_seconds=found.missing(begins).total_seconds(),
        )

    def _dumps(self, cluster: Cluster | None) -> DumpStatus | None:
        document = self._document
        s3 = self._site.machine.aws.client("s3", document.region)
        prefix = f"{document.dumps_prefix}/{document.database.name}/"
        newest = next(complete_dumps(s3, document.bucket, prefix), None)
        # The first dump of a new site is a matter of the schedule: its age counts from its making.
        since = newest.taken if newest else cluster.created if cluster else None
        if since is None:
            return None
        return DumpStatus(
            newest_id=newest.dump_id if newest else None,
            newest_age_seconds=(self._now - since).total_seconds(),
        )

    def _etcd_snapshots(self, cluster: Cluster | None) -> EtcdSnapshotStatus | None:
        document = self._document
        s3 = self._site.machine.aws.client("s3", document.region)
        newest = newest_etcd_snapshot(s3, document.bucket, document.etcd_prefix)
        # As with dumps: the first one of a new site is a matter of k3s' schedule.
        since = newest.taken if newest else cluster.created if cluster else None
        if since is None:
            return None
        return EtcdSnapshotStatus(
            newest_name=newest.name if newest else None,
            newest_age_seconds=(self._now - since).total_seconds(),
        )

    def _evidence(self, cluster: Cluster | None) -> EvidenceStatus | None:
        if cluster is None:
            return None
        newest = EvidenceStore.of(self._site).newest_passed()
        # A site that was just made has nothing to show yet: its age counts from its beginning.
        since = newest or cluster.created
        return EvidenceStatus(
            newest_at=_text(newest) if newest else None,
            age_seconds=(self._now - since).total_seconds(),
        )

    def _nodes(self) -> tuple[NodeStatus, ...]:
        nodes = (self._kubectl.get("nodes") or {}).get("items", [])
        return status_parts.node_statuses([node.name for node in self._document.nodes], nodes)

    def _operators(self) -> tuple[OperatorStatus, ...]:
        return tuple(
            found
            for namespace in OPERATOR_NAMESPACES
            for found in status_parts.operator_statuses(
                self._kubectl.list(operators.DEPLOYMENTS, namespace)
            )
        )

    def _volumes(self) -> tuple[VolumeStatus, ...]:
        selector = f"cnpg.io/cluster={self._document.cluster},cnpg.io/podRole=instance"
        pods = self._kubectl.list("pods", self._document.namespace, selector=selector)
        df = ("df", "--block-size=1", "--output=size,used", _PGDATA)
        names = (pod["metadata"]["name"] for pod in pods)
        return tuple(status_parts.volume_status(name, self._exec(name, *df)) for name in names)

    def _certificates(self, cluster: Cluster | None) -> tuple[CertificateStatus, ...]:
        certificates = [
            item
            for namespace in OPERATOR_NAMESPACES
            for item in self._kubectl.list(_CERTIFICATES, namespace)
        ]
        return status_parts.certificate_statuses(certificates, cluster, self._now)

    def _exec(self, pod: str, *command: str) -> str:
        where = ("-n", self._document.namespace, pod, "-c", "postgres", "--")
        return self._kubectl.done("exec", *where, *command, timeout_seconds=15)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
