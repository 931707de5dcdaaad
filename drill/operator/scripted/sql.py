"""`psql` as a script: what the host program asks of PostgreSQL, answered without one.

Whether it answers at all, and as what, is the simulated instance's (`drill/operator/behaviour/`).

The only data is the heartbeat. The writer archives its row as the content of its next WAL segment;
a replica reads it from the newest segment of its source's archive, where the row's site is asked
for. A password is compared with the
user's Secret. A statement that is not known here fails, it is never answered with nothing.
"""

import base64
import json
import re
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from drill.kubernetes.admission.cluster import is_replica
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.pod_exec import ExecRequest, ExecResult
from drill.kubernetes.resource import Object
from drill.operator.behaviour.simulated_instance import SimulatedInstance
from drill.operator.behaviour.simulation import Simulation
from drill.operator.scripted.archive import SYSTEM_ID, ArchiveOf, own_plugin, source_plugin

_REPLAYED = "0/10000A0"
"""Behind the record of the last checkpoint, where every replica always is."""
_PSQL_ESCAPE = re.compile(r"\\(.)")
_VERSION = "18.6"
_PATIENCE_SECONDS = 30
_CREATES = "create table if not exists pgtwin.heartbeat"
_WRITES = "insert into pgtwin.heartbeat"
_RELOADS = "pg_reload_conf()"
_READS_AGE = "extract(epoch from clock_timestamp() - at)"
_OF_SITES = re.compile(r"^[^(]*where site (?:=|in) \(?([^)\n;]*)", re.MULTILINE)
_OF_PEER = re.compile(r"\(where site = ('\w+')\)")
_WRITTEN_BY = re.compile(r"values \('(\w+)', clock_timestamp\(\)\)")
_READS_STATE = "from pg_stat_archiver"
_LOOKS = "'replay_paused'"
_NOT_RUNNING = (
    'psql: error: connection to server on socket "/controller/run/.s.PGSQL.5432" failed: '
    "No such file or directory\n"
)
_CONTROL_DATA = "Latest checkpoint's REDO WAL file:    000000010000000000000001\n"


@dataclass(frozen=True, kw_only=True)
class _Server:
    """The PostgreSQL that answers."""

    cluster: Object
    instance: SimulatedInstance
    timeline: int


class ScriptedSql:
    """Answers `kubectl exec POD -- psql ...`."""

    def __init__(
        self,
        *,
        api: ClusterApi,
        archive_of: ArchiveOf,
        simulation: Callable[[Object], Simulation],
    ) -> None:
        self._api = api
        self._archive_of = archive_of
        self._simulation = simulation

    def run(self, request: ExecRequest) -> ExecResult:
        """Answer one command."""
        pod = self._api.get("pods", request.pod, request.namespace) or {}
        name = pod.get("metadata", {}).get("labels", {}).get("cnpg.io/cluster", "")
        cluster = self._api.get("Cluster", name, request.namespace)
        if cluster is not None and "pg_controldata" in request.argv[-1]:
            return ExecResult(stdout=_CONTROL_DATA)
        if cluster is None or request.argv[:1] != ("psql",):
            return ExecResult(stderr=f"unknown command: {request.argv}\n", exit_code=127)
        simulation = self._simulation(cluster)
        instance = simulation.named(request.pod)
        if instance is None or not instance.answers:
            return ExecResult(stderr=_NOT_RUNNING, exit_code=2)
        server = _Server(cluster=cluster, instance=instance, timeline=simulation.timeline)
        return self._script(server, request.stdin.decode())

    def _script(self, server: _Server, script: str) -> ExecResult:
        refused = self._refused_connection(server.cluster, script)
        if refused:
            return ExecResult(stderr=refused, exit_code=2)
        if _WRITES in script and server.instance.is_standby:
            told = "ERROR:  cannot execute INSERT in a read-only transaction\n"
            return ExecResult(stderr=told, exit_code=3)
        if _WRITES in script:
            self._await_standby(server)
            self._write_heartbeat(server, script)
        if any(word in script for word in (_LOOKS, _READS_AGE, _READS_STATE)):
            return self._read(server, script)
        if _WRITES in script or _CREATES in script:
            return ExecResult()
        if _RELOADS in script:
            return ExecResult(stdout="true\n")
        return ExecResult(stderr=f"ERROR:  no scripted answer to: {script}\n", exit_code=3)

    def _await_standby(self, server: _Server) -> None:
        """As PostgreSQL holds a commit that no synchronous standby has."""
        required = (server.cluster["spec"].get("postgresql") or {}).get("synchronous")
        simulation = self._simulation(server.cluster)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while required and not simulation.synchronous_standbys and time.monotonic() < deadline:
            time.sleep(0.02)

    def _read(self, server: _Server, script: str) -> ExecResult:
        if _LOOKS in script:
            return ExecResult(stdout=json.dumps(self._look(server, script)) + "\n")
        if _READS_AGE in script:
            age = self._heartbeat_age_seconds(server.cluster, script, _OF_SITES)
            return ExecResult(stdout="" if age is None else f"{age}\n")
        return ExecResult(stdout=json.dumps(self._state(server)) + "\n")

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

    def _write_heartbeat(self, server: _Server, script: str) -> None:
        archive = self._archive_of(server.cluster, own_plugin(server.cluster["spec"]))
        by = _WRITTEN_BY.search(script)
        if archive and by:
            row = json.dumps({"site": by.group(1), "heartbeat": datetime.now(UTC).isoformat()})
            archive.archive_segment(timeline=server.timeline, content=row)

    def _heartbeat_age_seconds(
        self, cluster: Object, script: str, of: re.Pattern[str]
    ) -> float | None:
        """Of the newest row of the sites that are asked for: what was written here or replayed."""
        asked, rows = of.search(script), self._rows(cluster)
        found = [row["heartbeat"] for row in rows if asked and repr(row["site"]) in asked.group(1)]
        if not found:
            return None
        return (datetime.now(UTC) - max(map(datetime.fromisoformat, found))).total_seconds()

    def _rows(self, cluster: Object) -> list[dict[str, str]]:
        spec = cluster["spec"]
        source = source_plugin(spec, spec["replica"]["source"]) if _follows(cluster) else None
        archives = [self._archive_of(cluster, each) for each in (source, own_plugin(spec)) if each]
        contents = [archive.newest_segment() for archive in archives if archive]
        return [json.loads(content) for content in contents if content]

    def _look(self, server: _Server, script: str) -> dict[str, object]:
        return {
            "state": self._state(server),
            "heartbeat_age_seconds": self._heartbeat_age_seconds(server.cluster, script, _OF_SITES),
            "peers_row_age_seconds": self._heartbeat_age_seconds(server.cluster, script, _OF_PEER),
            "heartbeat_refused": "",
            "waiting": [],
            "open_segment": None,
            "replay_paused": False,
            "stalled": None,
            "stream": None,
            "standbys": self._standbys(server),
            "history": None,
            "settings": {},
        }

    def _standbys(self, server: _Server) -> dict[str, object]:
        instances = self._simulation(server.cluster).instances
        receivers = [each.name for each in instances if each.attached]
        return {"receivers": receivers, "lost_slots": [], "tablespaces": []}

    def _state(self, server: _Server) -> dict[str, object]:
        archive = self._archive_of(server.cluster, own_plugin(server.cluster["spec"]))
        standby, runs_with = server.instance.is_standby, server.instance.runs_with
        return {
            "in_recovery": standby,
            "version": _VERSION,
            "archive_mode": runs_with.archive_mode if runs_with else None,
            "system_identifier": SYSTEM_ID,
            "timeline": server.timeline,
            "lsn": _REPLAYED,
            "replayed_commit_age_seconds": 1.0 if standby else None,
            "last_archived_segment": archive.newest_segment_name() if archive else None,
            "last_archived_age_seconds": 1.0,
            "archive_failed": False,
            "archive_backlog_segments": 0,
            "archive_wait_seconds": 0.0,
            "transaction_id_age": 1_000,
            "connections_used_percent": 5.0,
        }


def _follows(cluster: Object) -> bool:
    return is_replica(cluster["spec"], cluster["metadata"]["name"])
