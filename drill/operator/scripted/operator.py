"""CloudNativePG and its plugin without PostgreSQL, for tests that last seconds.

What a Cluster shows, and when, is `drill/operator/behaviour/`, on simulated instances. Added here
is what reaches S3: a new replica needs a finished base backup of its source, or its recovery Job
fails and stays failed until somebody deletes it; a Cluster over a used archive fails likewise; a
Backup writes a real backup.info. What it does not: any data, lag, schedules. Data loss is never
measured here; `drill.operator` does that on real PostgreSQL.
"""

import logging
import threading
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError
from drill.operator import claims, objects
from drill.operator.behaviour.next_step import steps
from drill.operator.behaviour.phases import UNRECOVERABLE, creation_failed
from drill.operator.behaviour.seen import Asked
from drill.operator.behaviour.simulation import Simulation
from drill.operator.behaviour.step import Do, Fence, Show
from drill.operator.behaviour.write import fence_patch, status_patch
from drill.operator.obstacles import obstacles
from drill.operator.scripted import token
from drill.operator.scripted.archive import (
    ScriptedArchive,
    archive_parameters,
    own_plugin,
    source_plugin,
)
from drill.operator.scripted.backups import ScriptedBackups
from drill.operator.scripted.pods import ScriptedPods
from drill.operator.scripted.sql import ScriptedSql

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ScriptedDelays:
    """How long the operator takes over things."""

    look_seconds: float = 0.05
    """Between two looks: a tick of the simulation."""
    backup_seconds: float = 0.2


class ScriptedOperator:
    """Reconciles every Cluster and Backup of one API from `start` to `stop`."""

    def __init__(self, *, api: ClusterApi, s3: Any, delays: ScriptedDelays | None = None) -> None:
        self._api = api
        self._s3 = s3
        self._delays = delays or ScriptedDelays()
        self._simulations: dict[str, Simulation] = {}
        self._pods = ScriptedPods(api)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sql = ScriptedSql(api=api, archive_of=self.archive_of, simulation=self.simulation)
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

    def simulation(self, cluster: Object) -> Simulation:
        """The instances of a Cluster; those of one that was there before are at rest."""
        uid = cluster["metadata"]["uid"]
        if uid not in self._simulations:
            self._simulations[uid] = _at_rest(cluster)
        return self._simulations[uid]

    def _run(self) -> None:
        while not self._stop.wait(self._delays.look_seconds):
            try:
                self._look()
            except (StatusError, ClientError, BotoCoreError) as error:
                _log.info("trying again after: %s", error)

    def _look(self) -> None:
        clusters = self._api.list("clusters.postgresql.cnpg.io")
        for uid in set(self._simulations) - {each["metadata"]["uid"] for each in clusters}:
            del self._simulations[uid]
        for cluster in clusters:
            # Without its ObjectStore the plugin asks to be called again.
            if not own_plugin(cluster["spec"]) or self._own_archive(cluster):
                self._reconcile(cluster)
        self._backups.look()

    def _reconcile(self, cluster: Object) -> None:
        simulation, asked = self.simulation(cluster), Asked.of(cluster)
        self._leave_cordoned_machine(cluster, simulation)
        self._pods.notice_deleted(cluster, simulation)
        simulation.obstacles = obstacles(self._api, cluster)
        for step in steps(simulation.look(asked, cluster.setdefault("status", {}))):
            if isinstance(step, Do):
                self._obey(step, cluster, simulation)
            else:
                self._write(step, cluster, simulation)
        if self._pods.publish(cluster, simulation):
            name, names = asked.cluster, [each.name for each in simulation.instances]
            ends = objects.certificates(cluster)
            shown = {"instanceNames": names, "writeService": f"{name}-rw", "certificates": ends}
            self._set(cluster, shown)

    def _leave_cordoned_machine(self, cluster: Object, simulation: Simulation) -> None:
        """The primary leaves a machine that takes no new pods (cloudnative-pg v1.30.0
        internal/controller/replicas.go:65). There it is a switchover, here a lost pod.
        """
        leading = simulation.primary(cluster.get("status") or {})
        standbys = any(each.ready for each in simulation.instances if each is not leading)
        if leading is None or leading.pod != "there" or not standbys:
            return
        pod = self._api.get("pods", leading.name, cluster["metadata"]["namespace"]) or {}
        node = self._api.get("node", pod.get("spec", {}).get("nodeName", "")) or {}
        if node.get("spec", {}).get("unschedulable"):
            simulation.lose_pod(leading.name)

    def _write(self, step: Show | Fence, cluster: Object, simulation: Simulation) -> None:
        metadata = cluster["metadata"]
        if isinstance(step, Fence):
            self._api.patch("Cluster", metadata["name"], fence_patch(step), metadata["namespace"])
            return
        self._set(cluster, status_patch(step, cluster["status"]))
        simulation.shown(step)

    def _obey(self, do: Do, cluster: Object, simulation: Simulation) -> None:
        asked = Asked.of(cluster)
        if do.order == "bootstrap" and not self._bootstrap(cluster):
            return
        # A failover inside the site asks nothing of the other site's archive.
        if do.order == "promote" and do.instance == cluster["status"].get("currentPrimary"):
            simulation.timeline = max(simulation.timeline, self._source_timeline(cluster))
        simulation.obey(do, asked)
        if do.order in ("bootstrap", "promote") and not asked.follows:
            archive = self._own_archive(cluster)
            if archive:
                archive.archive_segment(timeline=simulation.timeline, content="")

    def _bootstrap(self, cluster: Object) -> bool:
        """Whether there is something to begin with; the volumes and services are made then."""
        if not self._recovered(cluster):
            reason = creation_failed(f"{cluster['metadata']['name']}-1-full-recovery")
            self._set(cluster, {"phase": UNRECOVERABLE, "phaseReason": reason})
            return False
        claims.make(self._api, cluster)
        for each in objects.services(cluster):
            self._api.apply(each)
        return True

    def _recovered(self, cluster: Object) -> bool:
        metadata, spec = cluster["metadata"], cluster["spec"]
        recovery = spec.get("bootstrap", {}).get("recovery")
        job = f"{metadata['name']}-1-full-recovery"
        if not recovery:
            return True
        if self._api.get("jobs", job, metadata["namespace"]):
            return False
        source = self.archive_of(cluster, source_plugin(spec, recovery["source"]))
        own = self._own_archive(cluster)
        found = bool(source and source.base_backups()) and not (own and not own.is_empty())
        self._api.create(objects.recovery_job(cluster, succeeded=found))
        return found

    def _own_archive(self, cluster: Object) -> ScriptedArchive | None:
        return self.archive_of(cluster, own_plugin(cluster["spec"]))

    def _source_timeline(self, cluster: Object) -> int:
        spec = cluster["spec"]
        name = (spec.get("replica") or {}).get("source")
        source = self.archive_of(cluster, source_plugin(spec, name)) if name else None
        return source.timeline() if source else 1

    def _set(self, cluster: Object, status: dict[str, Any]) -> None:
        metadata, before = cluster["metadata"], cluster["status"]
        if any(before.get(key) != value for key, value in status.items()):
            changed = self._api.patch_status(
                "Cluster", metadata["name"], status, metadata["namespace"]
            )
            cluster["status"] = changed["status"]


def _at_rest(cluster: Object) -> Simulation:
    status, asked = cluster.get("status") or {}, Asked.of(cluster)
    simulation = Simulation(
        judge=token.judge,
        token=token.of_timeline,
        timeline=status.get("timelineID", 1),
    )
    leading = status.get("currentPrimary")
    for name in status.get("instanceNames", ()) if leading else ():
        simulation.run_already(name, is_standby=asked.follows or name != leading, asked=asked)
    return simulation
