"""CloudNativePG and its plugin as a script: no PostgreSQL, for tests that last seconds.

What it does: a Cluster becomes healthy after a while, with pods, claims and services; a new
replica needs a finished base backup of its source in S3, or its recovery Job fails and stays
failed until somebody deletes it; a Cluster over a used archive fails likewise; demotion gives a
token, promotion takes one and raises the timeline; fencing takes the instances down; a Backup
writes a real backup.info. What it does not: any data, lag, failover inside a site, schedules. Data
loss is never measured here; `drill.operator` does that on real PostgreSQL.
"""

import base64
import json
import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from drill.kubernetes import scripted_objects
from drill.kubernetes.cluster_admission import is_replica
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.kubernetes.scripted_archive import (
    SYSTEM_ID,
    ScriptedArchive,
    archive_parameters,
    own_plugin,
    source_plugin,
)
from drill.kubernetes.scripted_backups import HEALTHY, ScriptedBackups
from drill.kubernetes.scripted_sql import LSN, ScriptedSql
from drill.kubernetes.status_error import StatusError

UNRECOVERABLE = "Cluster is unrecoverable and needs manual intervention"
_log = logging.getLogger(__name__)
_FENCED = "cnpg.io/fencedInstances"


@dataclass(frozen=True, kw_only=True)
class ScriptedDelays:
    """How long the operator takes over things."""

    healthy_seconds: float = 0.3
    backup_seconds: float = 0.2
    role_seconds: float = 0.3


@dataclass
class _State:
    """What the operator remembers of one Cluster between two looks."""

    since: float = field(default_factory=time.monotonic)
    replica: bool | None = None
    timeline: int = 1


class ScriptedOperator:
    """Reconciles every Cluster and Backup of one API from `start` to `stop`."""

    def __init__(self, *, api: ClusterApi, s3: Any, delays: ScriptedDelays | None = None) -> None:
        self._api = api
        self._s3 = s3
        self._delays = delays or ScriptedDelays()
        self._states: dict[str, _State] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sql = ScriptedSql(api=api, archive_of=self.archive_of)
        self._backups = ScriptedBackups(
            api=api, archive_of=self.archive_of, seconds=self._delays.backup_seconds
        )

    def start(self) -> None:
        """Begin to reconcile, and to answer `kubectl exec`."""
        self._api.on_exec(self.sql.run)
        self._thread.start()

    def stop(self) -> None:
        """Reconcile no more."""
        self._stop.set()
        self._thread.join()

    def archive_of(self, cluster: Object, plugin: Object | None) -> ScriptedArchive | None:
        """The archive behind a plugin entry; None while its ObjectStore is missing."""
        if plugin is None:
            return None
        metadata = cluster["metadata"]
        store_name, server_name = archive_parameters(plugin, metadata["name"])
        store = self._api.get("ObjectStore", store_name, metadata["namespace"])
        return ScriptedArchive.of(self._s3, store, server_name) if store else None

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            try:
                self._look()
            except (StatusError, ClientError, BotoCoreError) as error:
                _log.info("trying again after: %s", error)

    def _look(self) -> None:
        clusters = self._api.list("clusters.postgresql.cnpg.io")
        for uid in set(self._states) - {each["metadata"]["uid"] for each in clusters}:
            del self._states[uid]
        for cluster in clusters:
            self._reconcile(cluster)
        self._backups.look()

    def _reconcile(self, cluster: Object) -> None:
        state = self._states.setdefault(cluster["metadata"]["uid"], _State())
        status = cluster.get("status", {})
        archive = self.archive_of(cluster, own_plugin(cluster["spec"]))
        if not status:
            self._set(cluster, phase="Setting up primary", conditions=[])
        elif own_plugin(cluster["spec"]) and archive is None:
            return  # The plugin asks to be called again until its ObjectStore exists.
        elif state.replica is None and not self._bootstrapped(cluster, archive):
            return
        elif time.monotonic() - state.since >= self._delays.healthy_seconds:
            self._run_instances(cluster, state, archive)

    def _bootstrapped(self, cluster: Object, archive: ScriptedArchive | None) -> bool:
        metadata, spec = cluster["metadata"], cluster["spec"]
        recovery = spec.get("bootstrap", {}).get("recovery")
        job = f"{metadata['name']}-1-full-recovery"
        if not recovery or self._succeeded(job, metadata["namespace"]):
            return True
        if self._api.get("jobs", job, metadata["namespace"]):
            return False
        source = self.archive_of(cluster, source_plugin(spec, recovery["source"]))
        found = bool(source and source.base_backups()) and not (archive and not archive.is_empty())
        self._api.create(scripted_objects.recovery_job(cluster, succeeded=found))
        if not found:
            self._set(cluster, phase=UNRECOVERABLE)
        return found

    def _succeeded(self, job: str, namespace: str) -> bool:
        found = self._api.get("jobs", job, namespace)
        conditions = (found or {}).get("status", {}).get("conditions", [])
        return any(each["type"] == "Complete" for each in conditions)

    def _run_instances(
        self, cluster: Object, state: _State, archive: ScriptedArchive | None
    ) -> None:
        name, spec = cluster["metadata"]["name"], cluster["spec"]
        wanted = is_replica(spec, name)
        if state.replica is None:
            state.replica = wanted
            for each in (*scripted_objects.claims(cluster), *scripted_objects.services(cluster)):
                self._api.apply(each)
            if archive and not wanted:
                archive.archive_segment(timeline=state.timeline, content="")
        if state.replica != wanted:
            self._change_role(cluster, state, replica=wanted)
        fenced = "*" in cluster["metadata"].get("annotations", {}).get(_FENCED, "")
        self._publish(cluster, state, fenced=fenced)

    def _change_role(self, cluster: Object, state: _State, *, replica: bool) -> None:
        self._set(cluster, switchReplicaClusterStatus={"inProgress": True})
        self._stop.wait(self._delays.role_seconds)
        if replica:
            self._set(cluster, demotionToken=_token(state.timeline))
        else:
            state.timeline += 1
            token = cluster["spec"].get("replica", {}).get("promotionToken")
            archive = self.archive_of(cluster, own_plugin(cluster["spec"]))
            if archive:
                archive.archive_segment(timeline=state.timeline, content="")
            self._set(
                cluster, demotionToken=None, **({"lastPromotionToken": token} if token else {})
            )
        state.replica = replica
        self._set(cluster, switchReplicaClusterStatus={"inProgress": False})

    def _promote(self, cluster: Object, state: _State) -> None:
        replica = cluster["spec"]["replica"]
        source = self.archive_of(cluster, source_plugin(cluster["spec"], replica["source"]))
        state.timeline = max(state.timeline, source.timeline() if source else 0) + 1
        archive = self.archive_of(cluster, own_plugin(cluster["spec"]))
        if archive:
            archive.archive_segment(timeline=state.timeline, content="")
        used = replica.get("promotionToken")
        self._set(cluster, demotionToken=None, **({"lastPromotionToken": used} if used else {}))

    def _publish(self, cluster: Object, state: _State, *, fenced: bool) -> None:
        name, instances = cluster["metadata"]["name"], cluster["spec"].get("instances", 1)
        before = cluster.get("status", {})
        ready = 0 if fenced else instances
        phase = "Cluster is fenced" if fenced else HEALTHY
        if (before.get("phase"), before.get("readyInstances")) != (phase, ready):
            nodes = [n["metadata"]["name"] for n in self._api.list("nodes") if not _tainted(n)]
            for pod in scripted_objects.pods(cluster, nodes, ready=not fenced):
                self._api.apply(pod)
                self._api.patch_status(
                    "pods", pod["metadata"]["name"], pod["status"], pod["metadata"]["namespace"]
                )
        self._set(
            cluster,
            phase=phase,
            instances=instances,
            readyInstances=ready,
            instanceNames=[f"{name}-{number}" for number in range(1, instances + 1)],
            currentPrimary=f"{name}-1",
            targetPrimary=f"{name}-1",
            writeService=f"{name}-rw",
            timelineID=state.timeline,
            conditions=[
                _condition("Ready", not fenced, before),
                _condition("ContinuousArchiving", True, before),
            ],
        )

    def _set(self, cluster: Object, **status: object) -> None:
        metadata, before = cluster["metadata"], cluster.setdefault("status", {})
        if any(before.get(key) != value for key, value in status.items()):
            self._api.patch_status("Cluster", metadata["name"], status, metadata["namespace"])
            before.update(status)


def _condition(kind: str, holds: bool, before: Object) -> Object:
    status = "True" if holds else "False"
    for each in before.get("conditions") or ():
        if (each["type"], each["status"]) == (kind, status):
            return dict(each)
    return {
        "type": kind,
        "status": status,
        "reason": "Scripted",
        "message": "",
        "lastTransitionTime": _text(datetime.now(UTC)),
    }


def _token(timeline: int) -> str:
    content = {
        "latestCheckpointTimelineID": str(timeline),
        "redoWalFile": f"{timeline:08X}0000000000000001",
        "databaseSystemIdentifier": SYSTEM_ID,
        "latestCheckpointREDOLocation": LSN,
        "timeOfLatestCheckpoint": _text(datetime.now(UTC)),
    }
    return base64.b64encode(json.dumps(content).encode()).decode()


def _tainted(node: Object) -> bool:
    return bool(node.get("spec", {}).get("taints"))


def _text(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
