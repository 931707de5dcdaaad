"""Backups of a namespace: asked for by a Backup object, or by a ScheduledBackup's `immediate`.

Schedules are not awaited: a drill lasts minutes. Everything else is real: barman-cloud takes the
base backup, the catalogue in the bucket says what it became, and retention deletes by it.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from drill.kubernetes import moment
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.operator.archive import Archive
from drill.operator.cluster_controller import ClusterController
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.instance import Instance
from drill.operator.processes import CommandFailed
from drill.operator.scheduled_backup import first_backup, is_due, status_after

BACKUP_SECONDS = 300
RETENTION_SECONDS = 1800
"""The plugin's default for `retentionPolicyIntervalSeconds`."""


class BackupController:
    """Takes the base backups of a namespace one after the other, and applies retention."""

    def __init__(
        self,
        *,
        api: ClusterApi,
        namespace: str,
        controller: Callable[[str], ClusterController | None],
    ) -> None:
        self._api = api
        self._namespace = namespace
        self._controller = controller
        self._retained_at = time.monotonic()

    def step(self) -> bool:
        """Take every backup that is due, then apply retention when its interval has passed."""
        for schedule in self._api.list("ScheduledBackup", self._namespace):
            self._immediately(schedule)
        for backup in self._api.list("Backup", self._namespace):
            if backup.get("status", {}).get("phase") not in ("completed", "failed"):
                self._take(backup)
        if time.monotonic() - self._retained_at > RETENTION_SECONDS:
            self._retained_at = time.monotonic()
            for cluster in self._api.list("Cluster", self._namespace):
                self.enforce_retention(cluster["metadata"]["name"])
        return True

    def enforce_retention(self, cluster: str) -> None:
        """Delete what the retention policy of the cluster's own store no longer needs."""
        spec, instance = self._target(cluster, "primary")
        if spec is None or instance is None or spec.own is None:
            return
        command = spec.own.delete_expired()
        if command:
            instance.run(command, within_seconds=BACKUP_SECONDS, warm=True)
            self._publish_window(spec.own, instance)

    def _immediately(self, schedule: Object) -> None:
        cluster = schedule["spec"]["cluster"]["name"]
        if not is_due(schedule) or self._target(cluster, "primary")[1] is None:
            return
        now, name = datetime.now(UTC), schedule["metadata"]["name"]
        self._api.create(first_backup(schedule, now))
        self._api.patch_status("ScheduledBackup", name, status_after(now), self._namespace)

    def _take(self, backup: Object) -> None:
        name, spec = backup["metadata"]["name"], backup["spec"]
        cluster, instance = self._target(
            spec["cluster"]["name"], spec.get("target", "prefer-standby")
        )
        if cluster is None or instance is None or cluster.own is None:
            self._set(name, phase="pending")
            return
        self._set(
            name,
            phase="started",
            startedAt=moment.now(),
            instanceID={"podName": instance.name},
        )
        barman_name = f"backup-{datetime.now(UTC):%Y%m%d%H%M%S}"
        try:
            instance.run(cluster.own.take_backup(barman_name), within_seconds=BACKUP_SECONDS)
            entry = self._publish_window(cluster.own, instance)[barman_name]
        except (CommandFailed, KeyError) as error:
            self._set(name, phase="failed", error=str(error))
            return
        self._set(
            name,
            phase="completed",
            stoppedAt=moment.now(),
            backupId=entry["backup_id"],
            backupName=barman_name,
            beginWal=entry["begin_wal"],
            endWal=entry["end_wal"],
            serverName=cluster.own.server_name,
        )

    def _publish_window(self, archive: Archive, instance: Instance) -> dict[str, Any]:
        entries = json.loads(instance.run(archive.list_backups(), warm=True))["backups_list"]
        finished = [entry for entry in entries if entry["status"] == "DONE"]
        if finished:
            ends = sorted(entry["end_time_iso"] for entry in finished)
            window = {"firstRecoverabilityPoint": ends[0], "lastSuccessfulBackupTime": ends[-1]}
            self._api.patch_status(
                "ObjectStore",
                archive.store_name,
                {"serverRecoveryWindow": {archive.server_name: window}},
                self._namespace,
            )
        return {entry["backup_name"]: entry for entry in finished}

    def _target(self, cluster: str, target: str) -> tuple[ClusterSpec | None, Instance | None]:
        controller = self._controller(cluster)
        ready = [each for each in controller.instances if each.answers()] if controller else []
        if controller is None or controller.spec is None or not ready:
            return None, None
        return controller.spec, ready[-1] if target == "prefer-standby" else ready[0]

    def _set(self, name: str, **status: Any) -> None:
        self._api.patch_status("Backup", name, status, self._namespace)
