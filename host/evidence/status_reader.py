"""Reads the parts of the status document, each by itself."""

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from host.archive.archives import own_archive
from host.archive.dumps import complete_dumps
from host.archive.restorable import Restorable
from host.bundle.site import Site
from host.evidence import status_parts
from host.evidence.evidence_store import EvidenceStore
from host.evidence.status_document import (
    BackupStatus,
    CertificateStatus,
    DumpStatus,
    EvidenceStatus,
    NodeStatus,
    OperatorStatus,
    RecordStatus,
    StateStatus,
    StatusDocument,
    VolumeStatus,
)
from host.explain import explain
from host.kubernetes import operators, site_cluster
from host.kubernetes.cluster import Cluster
from host.postgres import heartbeat
from host.postgres.postgres_state import PostgresState
from host.writer import observation
from host.writer.record import Record
from host.writer.record_store import RecordStore

T = TypeVar("T")
OPERATOR_NAMESPACES = ("cert-manager", "cnpg-system")
_CERTIFICATES = "certificates.cert-manager.io"
_PGDATA = "/var/lib/postgresql/data"
_TRANSPORT_SECONDS = 60
"""What a heartbeat may take from the archive to the replay, besides waiting for its segment."""
_UP_TO_THE_SECOND = timedelta(microseconds=999_999)
"""Rounds up: no archive can be restored to a moment before the end of its oldest base backup."""
_log = logging.getLogger(__name__)


class StatusReader:
    """One reading; every part that fails is None and leaves its reason in `errors`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._document = site.document
        self._kubectl = site.kubectl
        self._now = site.machine.clock.now()
        self._errors: dict[str, str] = {}

    def read(self) -> StatusDocument:
        """The whole document."""
        cluster = self._part("cluster", lambda: site_cluster.require(self._kubectl, self._document))
        record = self._part("record", lambda: self._newest_record(cluster))
        postgres = self._part("postgres", lambda: self._postgres(cluster))
        return StatusDocument(
            schema=1,
            site=self._document.site,
            region=self._document.region,
            at=_text(self._now),
            bundle=self._site.bundle.sha256,
            state=self._state(cluster, postgres, record),
            record=self._record_status(record),
            cluster=None if cluster is None else status_parts.cluster_status(cluster),
            postgres=postgres,
            writer_conflict=self._conflict(cluster, record),
            base_backups=self._part("base backups", lambda: self._base_backups(cluster)),
            dumps=self._part("dumps", self._dumps),
            evidence=self._part("evidence", lambda: self._evidence(cluster)),
            nodes=self._part("nodes", self._nodes),
            operators=self._part("operators", self._operators),
            volumes=self._part("volumes", self._volumes),
            certificates=self._part("certificates", lambda: self._certificates(cluster)),
            errors=self._errors,
        )

    def state(self) -> dict[str, Any]:
        """Only what decides who may write, as JSON."""
        cluster = self._part("cluster", lambda: site_cluster.require(self._kubectl, self._document))
        record = self._part("record", lambda: self._newest_record(cluster))
        postgres = self._part("postgres", lambda: self._postgres(cluster))
        state = self._state(cluster, postgres, record)
        return {
            "site": self._document.site,
            "state": None if state is None else asdict(state),
            "errors": self._errors,
        }

    def _state(
        self, cluster: Cluster | None, postgres: PostgresState | None, record: Record | None
    ) -> StateStatus | None:
        if cluster is None:
            return None
        writer = record.writer if record else self._document.writer
        age = self._part("heartbeat", lambda: self._heartbeat(cluster, postgres, writer))
        running = self._part("backups", lambda: observation.running_backup(self._site))
        return StateStatus(
            site=self._document.site,
            role="writer" if cluster.is_writer else "replica",
            accepts_writes=postgres is not None and not postgres.in_recovery,
            healthy=cluster.healthy,
            fenced=cluster.fenced,
            following=self._following(postgres, age, writer),
            server_name=cluster.server_name,
            timeline=postgres.timeline if postgres else cluster.status("timelineID"),
            demotion_token=status_parts.demotion_token(cluster),
            promoted_in_epoch=status_parts.promoted_in_epoch(cluster),
            heartbeat_age_seconds=age,
            backup_running=bool(running),
            unarchived_segments=self._part("unarchived", lambda: self._unarchived(cluster)) or (),
        )

    def _part(self, name: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Exception as error:
            ours = explain(error)
            if ours is None:
                _log.exception("%s cannot be read", name)
            self._errors[name] = str(ours or repr(error))
            return None

    def _newest_record(self, cluster: Cluster | None) -> Record:
        return RecordStore(self._site.machine, self._document).newest(cluster)

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

    def _postgres(self, cluster: Cluster | None) -> PostgresState | None:
        if cluster is None or cluster.primary_pod is None or cluster.fenced:
            return None
        return PostgresState.read(
            observation.psql(self._site, cluster.primary_pod, database="postgres")
        )

    def _heartbeat(
        self, cluster: Cluster, postgres: PostgresState | None, writer: str
    ) -> float | None:
        if cluster.primary_pod is None or postgres is None:
            return None
        return heartbeat.age_seconds(observation.psql(self._site, cluster.primary_pod), writer)

    def _following(self, postgres: PostgresState | None, age: float | None, writer: str) -> bool:
        if postgres is None or age is None or writer == self._document.site:
            return False
        return postgres.in_recovery and age <= following_seconds(self._site)

    def _conflict(self, cluster: Cluster | None, record: Record | None) -> bool | None:
        if cluster is None or record is None:
            return None
        return record.contested or cluster.is_writer != (record.writer == self._document.site)

    def _unarchived(self, cluster: Cluster) -> tuple[str, ...]:
        if cluster.primary_pod is None:
            return ()
        listing = self._exec(cluster.primary_pod, "ls", f"{_PGDATA}/pgdata/pg_wal/archive_status")
        return status_parts.unarchived_segments(listing)

    def _base_backups(self, cluster: Cluster | None) -> BackupStatus | None:
        if cluster is None:
            return None
        found = Restorable.of(own_archive(self._site, cluster.server_name))
        if found is None:
            return None
        return BackupStatus(
            newest_id=found.newest.backup_id,
            newest_age_seconds=(self._now - found.newest.ended).total_seconds(),
            restorable_from=_text(found.oldest.ended + _UP_TO_THE_SECOND),
        )

    def _dumps(self) -> DumpStatus | None:
        document = self._document
        s3 = self._site.machine.aws.client("s3", document.region)
        prefix = f"{document.dumps_prefix}/{document.database.name}/"
        newest = next(complete_dumps(s3, document.bucket, prefix), None)
        if newest is None:
            return None
        return DumpStatus(
            newest_id=newest.dump_id,
            newest_age_seconds=(self._now - newest.taken).total_seconds(),
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


def following_seconds(site: Site) -> float:
    """How old the newest heartbeat may be on a replica that follows."""
    archive_timeout = site.document.database.archive_timeout_seconds
    return archive_timeout + heartbeat.PERIOD_SECONDS + _TRANSPORT_SECONDS


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
