"""The databases of a real site, through psql in the pod of the instance that leads."""

import io
import os
import tarfile
import tempfile
import threading
from pathlib import Path
from typing import Any

from drill.ground_site import NoAnswer, Ran
from drill.grounds import pod_tools
from drill.grounds.kubectl import Kubectl, KubectlObjects
from drill.grounds.psql_session import PsqlSession, psql, with_values

CONTAINER = "postgres"
QUERY_SECONDS = 10.0
CHANGE_SECONDS = 60.0
RESTORE_SECONDS = 300.0
SESSION_SECONDS = 15.0
"""After that the Cluster is asked again who leads: a former primary goes on to answer queries."""
_RESTORE = """
set -e
folder=$(mktemp -d -p /run)
trap 'rm -rf "$folder"' EXIT
tar -x -C "$folder"
pg_restore --exit-on-error --table="$1" --dbname="$2" "$folder"
"""
"""/run is a volume of the pod; its root file system is read-only."""


class PodDatabases:
    """`cluster` is the site's own Cluster, `database` the database of the applications."""

    def __init__(self, kubectl: Kubectl, *, cluster: str, database: str) -> None:
        self._kubectl = kubectl
        self._objects = KubectlObjects(kubectl)
        self._cluster = cluster
        self._database = database
        self._lock = threading.Lock()
        self._sessions: dict[str, PsqlSession] = {}
        self._tools = tempfile.TemporaryDirectory(prefix="pod-tools-")

    def rows(self, sql: str, *values: str, cluster: str = "") -> list[tuple[Any, ...]]:
        """The answer of the instance that leads."""
        return self._session(cluster or self._cluster).rows(with_values(sql, values), QUERY_SECONDS)

    def run(self, sql: str, *values: str) -> None:
        """Change something, as superuser."""
        self._session(self._cluster).run(with_values(sql, values), CHANGE_SECONDS)

    def client(self) -> dict[str, str]:
        """The tools of the pod that leads, which reach PostgreSQL there over TLS."""
        pod_tools.install(
            Path(self._tools.name), self._kubectl.argv(*self._in(self.leader(self._cluster)))
        )
        return {
            "PATH": f"{self._tools.name}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": "5432",
            "PGSSLMODE": "require",
        }

    def restore_dump(self, folder: Path, *, table: str) -> Ran:
        """Send the dump into the pod and `pg_restore` it there."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(folder, arcname=".")
        command = ["bash", "-c", _RESTORE, "restore", table, self._database]
        return self._kubectl.execute(
            self.leader(self._cluster),
            CONTAINER,
            command,
            stdin=packed.getvalue(),
            timeout_seconds=RESTORE_SECONDS,
        )

    def leader(self, cluster: str) -> str:
        """The pod of the instance that leads a Cluster.

        Raises:
            NoAnswer: where there is none, or the API does not answer.
        """
        found = self._objects.get("Cluster", cluster) or {}
        pod = found.get("status", {}).get("currentPrimary")
        if not pod:
            raise NoAnswer(f"{cluster} has no primary")
        return str(pod)

    def close(self) -> None:
        """End every session."""
        self._tools.cleanup()
        with self._lock:
            for session in self._sessions.values():
                session.close()
            self._sessions.clear()

    def _session(self, cluster: str) -> PsqlSession:
        with self._lock:
            session = self._sessions.get(cluster)
            if session and session.is_open and session.age_seconds < SESSION_SECONDS:
                return session
            if session:
                session.close()
            where = self._in(self.leader(cluster))
            session = PsqlSession(self._kubectl.argv(*where, *psql(self._database)))
            self._sessions[cluster] = session
            return session

    @staticmethod
    def _in(pod: str) -> tuple[str, ...]:
        return ("exec", "-i", pod, f"--container={CONTAINER}", "--")
