"""Reads what decides who may write: the Cluster, the record, and PostgreSQL in one round of psql.

`pgtwin` asks for it again and again, also while a region is lost: a call of kubectl and one of psql
take a second each on a busy machine.
"""

from dataclasses import asdict

from host.archive import hole
from host.errors import Refused
from host.evidence import last_stream, status_parts
from host.evidence.arrival import Arrival, arrival
from host.evidence.parts import Parts
from host.evidence.status_document import StateStatus
from host.gate.gate import packet_filter
from host.kubernetes import site_cluster
from host.kubernetes.cluster import Cluster
from host.kubernetes.postgres_image import data_major, requested_major
from host.postgres import control_data, heartbeat
from host.postgres.psql import Psql, PsqlFailed
from host.postgres.site_look import SiteLook, look
from host.postgres.unarchived import Unarchived
from host.site import Site
from host.writer import observation
from host.writer.record import Record
from host.writer.record_store import RecordStore


class StateReader:
    """One look at one site."""

    def __init__(self, site: Site, parts: Parts) -> None:
        self._site = site
        self._parts = parts
        self._not_running = False
        self._is_absent = False
        self.cluster = parts.read("cluster", self._cluster)
        self.record = parts.read("record", self._newest_record)
        self.look = parts.read("postgres", self._look)
        if self.look and self.look.heartbeat_refused:
            parts.errors["heartbeat"] = self.look.heartbeat_refused
        lacks = self._archive_lacks()
        if lacks:
            parts.errors["archive"] = lacks

    def state(self) -> StateStatus | None:
        """What `pgtwin` decides from; None where it cannot be known whether there is a Cluster."""
        cluster, look = self.cluster, self.look
        if cluster is None:
            return self._absent() if self._is_absent else None
        running = self._parts.read("backups", lambda: observation.running_backup(self._site))
        unarchived = self._parts.read("unarchived", self._unarchived)
        return StateStatus(
            site=self._site.document.site,
            role="writer" if cluster.is_writer else "replica",
            accepts_writes=self._accepts_writes(),
            healthy=cluster.healthy,
            fenced=cluster.fenced,
            clients_admitted=self._clients_admitted(),
            following=self._following(),
            recovery_paused=self._parts.read("recovery", self._why_paused),
            commits_stalled=look.commits_stalled if look else None,
            archive_slow=look.state.archive_slow if look else None,
            server_name=cluster.server_name,
            postgres=data_major(cluster),
            requested_postgres=requested_major(cluster),
            configured_postgres=self._site.document.database.postgres,
            upgrading_to=status_parts.upgrading_to(cluster),
            lsn=look.state.lsn if look else None,
            timeline=look.state.timeline if look else cluster.status("timelineID"),
            history=look.history if look else None,
            demotion_token=status_parts.demotion_token(cluster),
            promoted_in_epoch=status_parts.promoted_in_epoch(cluster),
            confirmed_in_epoch=status_parts.confirmed_in_epoch(cluster),
            known_epoch=self.record.epoch if self.record else None,
            known_writer=self.record.writer if self.record else None,
            heartbeat_age_seconds=look.heartbeat_age_seconds if look else None,
            **asdict(self._arrival()),
            backup_running=bool(running),
            unarchived_count=unarchived.count if unarchived else None,
            unarchived_segments=unarchived.oldest if unarchived else (),
        )

    def _cluster(self) -> Cluster:
        try:
            return site_cluster.require(self._site.kubectl, self._site.document)
        except Refused:
            self._is_absent = True
            raise

    def _absent(self) -> StateStatus:
        """PostgreSQL may go on for a while in a pod whose Cluster was deleted."""
        document = self._site.document
        selector = f"cnpg.io/cluster={document.cluster}"
        pods = self._parts.read(
            "pods",
            lambda: self._site.kubectl.list("pods", document.namespace, selector=selector),
        )
        return StateStatus(
            site=document.site,
            exists=False,
            role="replica",
            accepts_writes=False if pods == [] else None,
            healthy=False,
            fenced=False,
            clients_admitted=self._clients_admitted(),
            following=False,
            recovery_paused=None,
            commits_stalled=None,
            archive_slow=None,
            server_name="",
            postgres=None,
            requested_postgres=None,
            configured_postgres=document.database.postgres,
            upgrading_to=None,
            lsn=None,
            timeline=None,
            history=None,
            demotion_token=None,
            promoted_in_epoch=None,
            confirmed_in_epoch=None,
            known_epoch=self.record.epoch if self.record else None,
            known_writer=self.record.writer if self.record else None,
            heartbeat_age_seconds=None,
            **asdict(Arrival()),
            backup_running=False,
            unarchived_count=None,
            unarchived_segments=(),
        )

    @property
    def _writer(self) -> str:
        return self.record.writer if self.record else self._site.document.writer

    def _newest_record(self) -> Record:
        return RecordStore(self._site.machine, self._site.document).newest(self.cluster)

    def _look(self) -> SiteLook | None:
        """Asked also where the Cluster is fenced: the fence takes a while to be obeyed."""
        pod = self.cluster.primary_pod if self.cluster else None
        if self.cluster is None or pod is None:
            return None
        site_psql = Psql.at(self._site, pod)
        maintenance = Psql.at(self._site, pod, database="postgres")
        document = self._site.document
        try:
            return look(site_psql, maintenance, own=document.site, peer=document.peer.site)
        except PsqlFailed as failed:
            self._not_running = failed.not_running
            if failed.not_running and self.cluster.stopped:
                return None
            raise

    def _archive_lacks(self) -> str | None:
        """As `report` found it on this machine."""
        if self.cluster is None or self.look is None or self.look.state.in_recovery:
            return None
        return hole.told(self._site, self.cluster.server_name, self.look.state.timeline)

    def _accepts_writes(self) -> bool | None:
        if self.look is not None:
            return not self.look.state.in_recovery
        never_began = self.cluster is not None and self.cluster.primary_pod is None
        return False if self._not_running or never_began else None

    def _clients_admitted(self) -> bool | None:
        return self._parts.read("gate", packet_filter(self._site).is_open)

    def _following(self) -> bool:
        age = self.look.peers_row_age_seconds if self.look else None
        if self.look is None or age is None or self._writer == self._site.document.site:
            return False
        late = age > heartbeat.following_seconds(self._site)
        return self.look.state.in_recovery and not self.look.replay_paused and not late

    def _arrival(self) -> Arrival:
        life = last_stream.life(
            self.record.epoch if self.record else None,
            self.cluster.server_name if self.cluster else None,
        )
        return arrival(
            self.look,
            replication=self._site.document.replication,
            streamed_at=last_stream.seen_at(self._site.machine.files, life),
        )

    def _why_paused(self) -> str | None:
        if self.look is None or not self.look.replay_paused:
            return None
        return control_data.why_paused(self._control_data(), self.look.settings)

    def _unarchived(self) -> Unarchived | None:
        if self.look is not None:
            return self.look.unarchived
        if self.cluster is None or self.cluster.primary_pod is None:
            return None
        return Unarchived.parse(self._control_data())

    def _control_data(self) -> str:
        cluster = self.cluster
        assert cluster is not None and cluster.primary_pod is not None  # noqa: PT018, S101
        return control_data.read(
            self._site.kubectl,
            namespace=self._site.document.namespace,
            pod=cluster.primary_pod,
        )


def conflict(cluster: Cluster | None, record: Record | None, site: str) -> bool | None:
    """Whether the Cluster and the record name different writers; None where that is unknown."""
    if cluster is None or record is None:
        return None
    return record.contested or cluster.is_writer != (record.writer == site)
