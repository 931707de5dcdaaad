"""From the status document to CloudWatch's metrics: pure.

Names and units are in docs/interfaces.md. What could not be read is left out: alarms take missing
data for a failure.
"""

from collections.abc import Iterable

from host.evidence.status_document import StatusDocument
from host.kubernetes.kubectl import Object

NOT_WAITED_FOR = "RegionNotWaitedFor"


def namespace(system: str) -> str:
    """CloudWatch's namespace of one system: two may share an account and a region."""
    return f"pgtwin/{system}"


def metrics(status: StatusDocument, cluster: str) -> list[Object]:
    """The metric data, as `put_metric_data` takes them."""
    values = (*_database(status), *_instances(status), *_surroundings(status))
    return _data(status.site, cluster, values)


def not_waited_for(site: str, cluster: str) -> list[Object]:
    """That commits go on without the other region, at once; `metrics` says it each minute."""
    return _data(site, cluster, ((NOT_WAITED_FOR, "Count", 1),))


def _data(site: str, cluster: str, values: Iterable[tuple[str, str, float | None]]) -> list[Object]:
    dimensions = [{"Name": "site", "Value": site}, {"Name": "cluster", "Value": cluster}]
    return [
        {"MetricName": name, "Unit": unit, "Value": value, "Dimensions": dimensions}
        for name, unit, value in values
        if value is not None
    ]


def _database(status: StatusDocument) -> Iterable[tuple[str, str, float | None]]:
    postgres = status.postgres
    if status.state:
        yield "HeartbeatAgeSeconds", "Seconds", status.state.heartbeat_age_seconds
        yield from _replication(status, follows=status.state.role == "replica")
    if postgres:
        yield "ArchiveFailed", "Count", int(postgres.archive_failed)
        yield "ArchiveBacklogSegments", "Count", postgres.archive_backlog_segments
        yield "ArchiveWaitSeconds", "Seconds", postgres.archive_wait_seconds
        yield "ConnectionsUsedPercent", "Percent", postgres.connections_used_percent
        yield "TransactionIdAge", "Count", postgres.transaction_id_age
        if status.state:
            yield "CommitsStalled", "Count", int(status.state.commits_stalled is not None)
    if status.writer_conflict is not None:
        yield "WriterConflict", "Count", int(status.writer_conflict)
    if status.record:
        differs = status.record.writer != status.record.configured_writer
        yield "ConfiguredWriterDiffers", "Count", int(differs)


def _replication(
    status: StatusDocument, *, follows: bool
) -> Iterable[tuple[str, str, float | None]]:
    if status.replication != "archive":
        missing = follows and status.state is not None and not status.state.streams
        yield "StreamMissing", "Count", int(missing)
    if status.replication == "synchronous" and (status.other_region or follows):
        now = status.other_region.now if status.other_region else None
        yield NOT_WAITED_FOR, "Count", int(now == "degraded")


def _instances(status: StatusDocument) -> Iterable[tuple[str, str, float | None]]:
    cluster = status.cluster
    if cluster:
        yield "ReadyInstances", "Count", cluster.ready_instances
        missing = cluster.instances - cluster.ready_instances
        yield "MissingInstances", "Count", max(0, missing)
    if status.standbys:
        yield "StandbysNotStreaming", "Count", status.standbys.not_streaming


def _surroundings(status: StatusDocument) -> Iterable[tuple[str, str, float | None]]:
    if status.base_backups:
        yield "LastBaseBackupAgeSeconds", "Seconds", status.base_backups.newest_age_seconds
        yield "HistoryMissingSeconds", "Seconds", status.base_backups.history_missing_seconds
    if status.dumps:
        yield "LastDumpAgeSeconds", "Seconds", status.dumps.newest_age_seconds
    if status.etcd_snapshots:
        yield "LastEtcdSnapshotAgeSeconds", "Seconds", status.etcd_snapshots.newest_age_seconds
    if status.evidence:
        yield "LastEvidenceAgeSeconds", "Seconds", status.evidence.age_seconds
    if status.nodes is not None:
        not_ready = sum(not node.ready for node in status.nodes)
        yield "NodesNotReady", "Count", not_ready
    if status.operators is not None:
        away = sum(not operator.available for operator in status.operators)
        yield "OperatorsUnavailable", "Count", away
    if status.volumes:
        fullest = max(volume.used_percent for volume in status.volumes)
        yield "DataVolumeUsedPercent", "Percent", fullest
    yield "WalHoursLeft", "Count", status.wal_hours_left
    yield from _certificates(status)


def _certificates(status: StatusDocument) -> Iterable[tuple[str, str, float | None]]:
    if status.certificates:
        yield "CertificateDaysLeft", "Count", status.certificates[0].days_left
    if status.k3s_certificates:
        yield "K3sCertificateDaysLeft", "Count", status.k3s_certificates[0].days_left
