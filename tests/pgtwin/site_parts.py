"""What a site that is well says of itself, in the shape of the host program's own document."""

from dataclasses import asdict
from typing import Any

from host.evidence.status_document import (
    BackupStatus,
    CertificateStatus,
    ClusterStatus,
    DumpStatus,
    EtcdSnapshotStatus,
    EvidenceStatus,
    NodeStatus,
    StatusDocument,
    VolumeStatus,
)
from host.postgres.postgres_state import PostgresState

HOUR, DAY = 3600.0, 86400.0


def parts(site: str) -> dict[str, Any]:
    """The document without what the double of the host program says by itself."""
    document = StatusDocument(
        schema=1,
        site=site,
        region="eu-west-1" if site == "primary" else "eu-west-2",
        at="2026-11-26T10:00:00Z",
        bundle="0" * 64,
        replication="archive",
        cluster=ClusterStatus(
            name="postgres-cluster",
            phase="Cluster in healthy state",
            switching=False,
            paused=False,
            instances=3,
            ready_instances=3,
            primary_pod="postgres-cluster-1",
            image=None,
        ),
        postgres=PostgresState(
            in_recovery=site == "dr",
            version="18.1",
            archive_mode="on",
            system_identifier="1",
            timeline=1,
            lsn="0/A5000D28",
            replayed_commit_age_seconds=None,
            last_archived_segment="0000000100000000000000A4" if site == "primary" else None,
            last_archived_age_seconds=None,
            archive_failed=False,
            archive_backlog_segments=0,
            archive_wait_seconds=0,
            transaction_id_age=1_000,
            connections_used_percent=5.0,
        ),
        base_backups=BackupStatus(
            newest_id="20261126T020000",
            newest_age_seconds=8 * HOUR,
            restorable_from="2026-10-27T02:03:11Z",
            history_missing_seconds=0,
        ),
        dumps=DumpStatus(newest_id="20261126T040000Z", newest_age_seconds=6 * HOUR),
        etcd_snapshots=EtcdSnapshotStatus(
            newest_name="etcd-snapshot-server-1-1764115200", newest_age_seconds=3 * HOUR
        ),
        evidence=EvidenceStatus(newest_at="2026-11-24T06:41:00Z", age_seconds=2.2 * DAY),
        nodes=(NodeStatus(name="server-1", ready=True, version="v1.36.4+k3s1"),),
        volumes=(
            VolumeStatus(
                pod="postgres-cluster-1", size_bytes=100, used_bytes=23, used_percent=23.0
            ),
        ),
        wal_hours_left=1000.0,
        certificates=(
            CertificateStatus(
                name="barman-cloud-tls", expires="2027-01-01T00:00:00Z", days_left=36
            ),
        ),
        k3s_certificates=(
            CertificateStatus(name="k3s serving", expires="2027-10-03T00:00:00Z", days_left=311),
        ),
    )
    known = {name: value for name, value in asdict(document).items() if value is not None}
    return {name: value for name, value in known.items() if name not in ("site", "region")}
