"""The document that `status` prints, field by field.

A part that could not be read is null, and `errors` says why, under the part's name.
"""

from dataclasses import dataclass, field
from typing import Literal

from host.kubernetes.cordon import CordonedBy
from host.postgres.postgres_state import PostgresState


@dataclass(frozen=True, kw_only=True)
class RecordStatus:
    """Who the record says is the writer, and who the configuration."""

    epoch: int
    writer: str
    configured_writer: str
    server_names: dict[str, str]
    contested: bool
    """Whether the two regions name different writers in the same epoch."""


@dataclass(frozen=True, kw_only=True)
class StateStatus:
    """What `pgtwin` decides from; docs/interfaces.md has the meaning of each field."""

    site: str
    exists: bool = True
    """Whether there is a Cluster. Without one the role is that of a replica: it is told nothing."""
    role: str
    """What the Cluster is told to be: `writer` or `replica`."""
    accepts_writes: bool | None
    """None where PostgreSQL may run but does not answer: unknown is not no."""
    healthy: bool
    fenced: bool
    """By somebody's decision; the operator's own fence during a demotion is none."""
    clients_admitted: bool | None
    """Whether the gate of this machine lets clients in; None where nobody could look."""
    following: bool
    """Whether this replica replays what the recorded writer writes now."""
    recovery_paused: str | None
    """Why this replica has stopped to replay; None where it has not."""
    commits_stalled: str | None
    """Why commits hang on this writer; None where they do not, or nobody could look."""
    archive_slow: str | None
    """What waits for this site's archive; None where that keeps up, or nobody could look."""
    server_name: str
    postgres: int | None
    """The major version that the Cluster's data is of."""
    requested_postgres: int | None
    """The one that the Cluster asks for: another while the operator converts the data."""
    configured_postgres: int
    """The one of the newest bundle on this machine."""
    upgrading_to: int | None
    """The major version that an upgrade has stopped PostgreSQL for."""
    lsn: str | None
    """Written so far on a writer, replayed so far on a replica; None where nobody answers."""
    timeline: int | None
    history: dict[str, str] | None
    """On a writer the timelines before its own, and where each was left; None where it has none."""
    demotion_token: str | None
    promoted_in_epoch: int | None
    confirmed_in_epoch: int | None
    """The epoch of the last promotion that is over for good."""
    known_epoch: int | None
    """Of the newest record that can be read from here, or that this machine has read before: a
    record that does not outrank it permits nothing here. None where nobody could look."""
    known_writer: str | None
    """Who writes by that record."""
    heartbeat_age_seconds: float | None
    """Age of the newest heartbeat that is readable here, whichever site wrote it."""
    arrived_age_seconds: float | None
    """On a replica that is to stream: since the writer's newest word or commit arrived. None where
    it follows the archive alone."""
    streams: bool
    """Whether this replica streams from the writer now, and is close behind it."""
    streamed_at: str | None
    """When `report` saw that last, UTC by ISO 8601; None where it never did."""
    backup_running: bool
    unarchived_count: int | None
    """WAL segments that only this site has, the open one included; None where nobody could look."""
    unarchived_segments: tuple[str, ...]
    """The oldest of them, a hundred at most."""


@dataclass(frozen=True, kw_only=True)
class ClusterStatus:
    """The Cluster object."""

    name: str
    phase: str
    switching: bool
    """Whether the operator is turning a writer into a replica or back."""
    paused: bool
    """Whether the operator leaves it alone, as between a promotion and its settlement."""
    instances: int
    ready_instances: int
    primary_pod: str | None
    image: str | None


@dataclass(frozen=True, kw_only=True)
class StandbysStatus:
    """The other instances of the site, as the leading one sees them."""

    not_streaming: int
    """Of a writer's that are ready, how many receive no WAL from it; 0 on a replica."""
    lost_slots: tuple[str, ...]
    """Slots of theirs that PostgreSQL has invalidated, and nobody uses."""
    tablespaces: tuple[str, ...]
    """Those outside PGDATA, with their folders, which only the writer's instance has."""


@dataclass(frozen=True, kw_only=True)
class OtherRegionStatus:
    """With `synchronous`, on a writer: whether the other region has every commit."""

    now: Literal["kept", "waits", "degraded", "held"]
    """`kept`: an RPO of 0, by PostgreSQL's own word. `waits`: the region is not heard or
    has not all yet, and commits should be waiting for it. `degraded`: they may go on without it.
    `held`: they went on, and should be waiting again, since it lacks as much as `rpo` allows."""
    degraded_since: str | None
    until: str | None
    """Of `degraded` and `held`, when as much is missing as `rpo` allows, UTC by ISO 8601; null
    where nothing bounds it, as after a change of the writer."""


@dataclass(frozen=True, kw_only=True)
class BackupStatus:
    """Base backups in this site's archive, under its present server name."""

    newest_id: str
    newest_age_seconds: float
    restorable_from: str
    """UTC, ISO 8601: the end of the oldest one."""
    history_missing_seconds: float
    """Of the time that should be restorable, how much the oldest one does not reach."""


@dataclass(frozen=True, kw_only=True)
class DumpStatus:
    """The newest complete dump in this site's bucket."""

    newest_id: str | None
    """None where there is none yet."""
    newest_age_seconds: float
    """Since it was taken; where there is none yet, since the cluster was made."""


@dataclass(frozen=True, kw_only=True)
class EtcdSnapshotStatus:
    """The newest snapshot of etcd in this site's bucket."""

    newest_name: str | None
    """None where there is none yet."""
    newest_age_seconds: float
    """Since it was there; where there is none yet, since the cluster was made."""


@dataclass(frozen=True, kw_only=True)
class EvidenceStatus:
    """The newest verification of this site's backups that passed."""

    newest_at: str | None
    """UTC, ISO 8601; None where none has passed yet."""
    age_seconds: float
    """Since then; where none has passed yet, since the cluster was made."""


@dataclass(frozen=True, kw_only=True)
class NodeStatus:
    """A machine of the site; `version` is k3s'."""

    name: str
    ready: bool
    version: str | None
    """None where the machine has not joined."""
    cordoned_by: CordonedBy | None = None
    """Who decided that it takes no new pods; None where it does."""
    bundle: str | None = None
    """What it has in force; None where it never said."""
    k3s_waits: bool = False
    """Whether its k3s has not read yet what it was given last."""


@dataclass(frozen=True, kw_only=True)
class OperatorStatus:
    """A Deployment of an operator; `image` carries its version."""

    name: str
    available: bool
    image: str


@dataclass(frozen=True, kw_only=True)
class VolumeStatus:
    """The data volume under one instance."""

    pod: str
    size_bytes: int
    used_bytes: int
    used_percent: float


@dataclass(frozen=True, kw_only=True)
class CertificateStatus:
    """A certificate of the operators, of the cluster, or of k3s."""

    name: str
    expires: str
    days_left: float


@dataclass(frozen=True, kw_only=True)
class StatusDocument:
    """One site at one moment. Ages are in seconds, moments in UTC by ISO 8601."""

    schema: int
    site: str
    region: str
    at: str
    bundle: str
    replication: str
    """`archive`, `streaming` or `synchronous`, as configured."""
    state: StateStatus | None = None
    record: RecordStatus | None = None
    cluster: ClusterStatus | None = None
    postgres: PostgresState | None = None
    standbys: StandbysStatus | None = None
    other_region: OtherRegionStatus | None = None
    """None on a replica, in every other mode, and where it is unknown."""
    writer_conflict: bool | None = None
    """Whether the Cluster and the record name different writers."""
    base_backups: BackupStatus | None = None
    dumps: DumpStatus | None = None
    etcd_snapshots: EtcdSnapshotStatus | None = None
    evidence: EvidenceStatus | None = None
    nodes: tuple[NodeStatus, ...] | None = None
    operators: tuple[OperatorStatus, ...] | None = None
    volumes: tuple[VolumeStatus, ...] | None = None
    wal_hours_left: float | None = None
    """Until the leading instance's volume is full of WAL that waits for the archive; 1000 where it
    does not pile up."""
    certificates: tuple[CertificateStatus, ...] | None = None
    """The operators' and the cluster's own, which renew themselves; the next to expire first."""
    k3s_certificates: tuple[CertificateStatus, ...] | None = None
    """Those of k3s on this server, which a restart renews; the next to expire first."""
    errors: dict[str, str] = field(default_factory=dict)
