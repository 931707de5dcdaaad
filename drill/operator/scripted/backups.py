"""Backups as a script: those asked for by a Backup, and the first of a ScheduledBackup."""

import time
from datetime import UTC, datetime

from drill.kubernetes import moment
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.operator.scheduled_backup import first_backup, is_due, status_after
from drill.operator.scripted.archive import ArchiveOf, own_plugin


class ScriptedBackups:
    """Completes each Backup of a Cluster that has a ready instance after `seconds`."""

    def __init__(self, *, api: ClusterApi, archive_of: ArchiveOf, seconds: float) -> None:
        self._api = api
        self._archive_of = archive_of
        self._seconds = seconds

    def look(self) -> None:
        """Take what is due."""
        for schedule in self._api.list("scheduledbackups"):
            self._take_the_first(schedule)
        for backup in self._api.list("backups"):
            self._back_up(backup)

    def _take_the_first(self, schedule: Object) -> None:
        if not is_due(schedule):
            return
        now, metadata = datetime.now(UTC), schedule["metadata"]
        self._api.create(first_backup(schedule, now))
        self._api.patch_status(
            "ScheduledBackup", metadata["name"], status_after(now), metadata["namespace"]
        )

    def _back_up(self, backup: Object) -> None:
        metadata = backup["metadata"]
        if backup.get("status", {}).get("phase") in ("completed", "failed"):
            return
        cluster = self._api.get("Cluster", backup["spec"]["cluster"]["name"], metadata["namespace"])
        status = (cluster or {}).get("status", {})
        archive = self._archive_of(cluster, own_plugin(cluster["spec"])) if cluster else None
        if archive is None or not status.get("readyInstances"):
            self._set(metadata, phase="pending")
            return
        self._set(metadata, phase="started", startedAt=moment.now())
        time.sleep(self._seconds)
        backup_id = archive.take_base_backup(timeline=status.get("timelineID", 1))
        stopped = moment.now()
        self._set(metadata, phase="completed", backupId=backup_id, stoppedAt=stopped)

    def _set(self, metadata: Object, **status: str) -> None:
        self._api.patch_status("Backup", metadata["name"], status, metadata["namespace"])
