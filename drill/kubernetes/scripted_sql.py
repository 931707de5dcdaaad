"""`psql` as a script: what the host program asks of PostgreSQL, answered without one.

The only data is the heartbeat. The writer archives it as the content of its next WAL segment; a
replica reads it from the newest segment of its source's archive. A password is compared with the
user's Secret. A statement that is not known here fails, it is never answered with nothing.
"""

import base64
import json
import re
import shlex
from datetime import UTC, datetime

from drill.kubernetes.cluster_admission import is_replica
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.pod_exec import ExecRequest, ExecResult
from drill.kubernetes.resource import Object
from drill.kubernetes.scripted_archive import SYSTEM_ID, ArchiveOf, own_plugin, source_plugin

LSN = "0/1000028"
"""Where every scripted PostgreSQL was shut down: the begin of its last checkpoint."""
_REPLAYED = "0/10000A0"
"""Behind that checkpoint's record, where every replica always is."""
_PSQL_ESCAPE = re.compile(r"\\(.)")
_FENCED = "cnpg.io/fencedInstances"
_VERSION = "18.6"
_CREATES = "create table if not exists pgtwin.heartbeat"
_WRITES = "insert into pgtwin.heartbeat"
_READS_AGE = "extract(epoch from clock_timestamp() - at)"
_READS_STATE = "from pg_stat_archiver"
_LOOKS = "'replay_paused'"
_NOT_RUNNING = (
    'psql: error: connection to server on socket "/controller/run/.s.PGSQL.5432" failed: '
    "No such file or directory\n"
)
_CONTROL_DATA = "Latest checkpoint's REDO WAL file:    000000010000000000000001\n"


class ScriptedSql:
    """Answers `kubectl exec POD -- psql ...`."""

    def __init__(self, *, api: ClusterApi, archive_of: ArchiveOf) -> None:
        self._api = api
        self._archive_of = archive_of

    def run(self, request: ExecRequest) -> ExecResult:
        """Answer one command."""
        pod = self._api.get("pods", request.pod, request.namespace) or {}
        name = pod.get("metadata", {}).get("labels", {}).get("cnpg.io/cluster", "")
        cluster = self._api.get("Cluster", name, request.namespace)
        if cluster is not None and "pg_controldata" in request.argv[-1]:
            return ExecResult(stdout=_CONTROL_DATA)
        if cluster is None or request.argv[:1] != ("psql",):
            return ExecResult(stderr=f"unknown command: {request.argv}\n", exit_code=127)
        if "*" in cluster["metadata"].get("annotations", {}).get(_FENCED, ""):
            return ExecResult(stderr=_NOT_RUNNING, exit_code=2)
        return self._script(cluster, request.stdin.decode())

    def _script(self, cluster: Object, script: str) -> ExecResult:
        refused = self._refused_connection(cluster, script)
        if refused:
            return ExecResult(stderr=refused, exit_code=2)
        if _WRITES in script and _follows(cluster):
            told = "ERROR:  cannot execute INSERT in a read-only transaction\n"
            return ExecResult(stderr=told, exit_code=3)
        if _WRITES in script:
            self._write_heartbeat(cluster)
        if any(word in script for word in (_LOOKS, _READS_AGE, _READS_STATE)):
            return self._read(cluster, script)
        if _WRITES in script or _CREATES in script:
            return ExecResult()
        return ExecResult(stderr=f"ERROR:  no scripted answer to: {script}\n", exit_code=3)

    def _read(self, cluster: Object, script: str) -> ExecResult:
        if _LOOKS in script:
            return ExecResult(stdout=json.dumps(self._look(cluster)) + "\n")
        if _READS_AGE in script:
            age = self._heartbeat_age_seconds(cluster)
            return ExecResult(stdout="" if age is None else f"{age}\n")
        return ExecResult(stdout=json.dumps(self._state(cluster)) + "\n")

    def _refused_connection(self, cluster: Object, script: str) -> str | None:
        if not script.startswith("\\connect "):
            return None
        conninfo = _PSQL_ESCAPE.sub(r"\1", script.partition("\n")[0].partition(" ")[2][1:-1])
        words = shlex.split(conninfo)
        parameters = dict(word.split("=", 1) for word in words)
        user, password = parameters.get("user", ""), parameters.get("password", "")
        for secret in self._api.list("secrets", cluster["metadata"]["namespace"]):
            data = {k: base64.b64decode(v).decode() for k, v in secret.get("data", {}).items()}
            if (data.get("username"), data.get("password")) == (user, password):
                return None
        return f'FATAL:  password authentication failed for user "{user}"\n'

    def _write_heartbeat(self, cluster: Object) -> None:
        archive = self._archive_of(cluster, own_plugin(cluster["spec"]))
        if archive:
            row = json.dumps({"heartbeat": datetime.now(UTC).isoformat()})
            archive.archive_segment(timeline=cluster["status"]["timelineID"], content=row)

    def _heartbeat_age_seconds(self, cluster: Object) -> float | None:
        spec = cluster["spec"]
        source = source_plugin(spec, spec["replica"]["source"]) if _follows(cluster) else None
        archive = self._archive_of(cluster, source or own_plugin(spec))
        content = archive.newest_segment() if archive else None
        if not content:
            return None
        written = datetime.fromisoformat(json.loads(content)["heartbeat"])
        return (datetime.now(UTC) - written).total_seconds()

    def _look(self, cluster: Object) -> dict[str, object]:
        return {
            "state": self._state(cluster),
            "heartbeat_age_seconds": self._heartbeat_age_seconds(cluster),
            "waiting": [],
            "open_segment": None,
            "replay_paused": False,
            "settings": {},
        }

    def _state(self, cluster: Object) -> dict[str, object]:
        archive = self._archive_of(cluster, own_plugin(cluster["spec"]))
        return {
            "in_recovery": _follows(cluster),
            "version": _VERSION,
            "archive_mode": "always" if _follows(cluster) else "on",
            "system_identifier": SYSTEM_ID,
            "timeline": cluster["status"]["timelineID"],
            "lsn": _REPLAYED,
            "replayed_commit_age_seconds": 1.0 if _follows(cluster) else None,
            "last_archived_segment": archive.newest_segment_name() if archive else None,
            "last_archived_age_seconds": 1.0,
            "archive_failed": False,
            "archive_backlog_segments": 0,
        }


def _follows(cluster: Object) -> bool:
    return is_replica(cluster["spec"], cluster["metadata"]["name"])
