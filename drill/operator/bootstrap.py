"""How an instance gets its first PGDATA: initdb, a base backup from an archive, or its primary."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drill.operator.cluster_spec import ClusterSpec, Recovery
from drill.operator.configuration import Part, recovery_target
from drill.operator.instance import Instance
from drill.operator.processes import POSTGRES_BIN
from drill.operator.wal_scripts import CHECK_EMPTY
from drill.waiting import wait_for

RECOVERY_SECONDS = 300
_OF_INITDB = {"database", "owner", "secret", "dataChecksums", "postInitApplicationSQL"}


class NoTargetBackup(Exception):  # noqa: N818 (CloudNativePG's words)
    """The source's archive holds no finished base backup that could reach the target."""


def initdb(spec: ClusterSpec, instance: Instance, part: Part, password: str | None) -> None:
    """A new, empty database, as `bootstrap.initdb` describes it.

    Raises:
        NotImplementedError: where that says more than is emulated.
    """
    init = spec.init
    if unknown := init.keys() - _OF_INITDB:
        raise NotImplementedError(f"bootstrap.initdb: {sorted(unknown)}")
    instance.begin()
    instance.run(
        [
            str(POSTGRES_BIN / "initdb"),
            "--pgdata",
            str(instance.pgdata),
            "--username",
            "postgres",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--data-checksums" if init.get("dataChecksums") else "--no-data-checksums",
        ]
    )
    instance.move_wal()
    (instance.pgdata / CHECK_EMPTY).touch()
    instance.configure(spec, part)
    instance.start()
    _change(instance, "CREATE ROLE streaming_replica LOGIN REPLICATION")
    _change(instance, f'CREATE ROLE "{spec.owner}" LOGIN')
    set_password(instance, spec.owner, password)
    _change(instance, f'CREATE DATABASE "{spec.database}" OWNER "{spec.owner}"')
    for statement in init.get("postInitApplicationSQL", []):
        _change(instance, statement, spec.database)
    instance.finish()


def recover(spec: ClusterSpec, recovery: Recovery, instance: Instance, part: Part) -> None:
    """The newest fitting base backup of an archive, then WAL: forever, or up to a target.

    Raises:
        NoTargetBackup: when the archive has none.
        CommandFailed: when the own archive already holds another history, or a download fails.
    """
    instance.begin()
    if spec.own:
        instance.run(spec.own.check_is_empty(), warm=True)
    catalogue = json.loads(instance.run(recovery.source.list_backups(), warm=True))
    backup = newest_backup(catalogue["backups_list"], recovery.target)
    # Not warm: outside its namespace root gives each file to the user that the archive names.
    instance.run(
        recovery.source.restore_backup(backup["backup_id"], instance.pgdata), within_seconds=300
    )
    instance.pgdata.chmod(0o700)
    (instance.pgdata / "pg_wal").mkdir(exist_ok=True)
    instance.move_wal()
    for stale in ("postgresql.auto.conf", CHECK_EMPTY):
        (instance.pgdata / stale).unlink(missing_ok=True)
    (instance.pgdata / CHECK_EMPTY).touch()
    if spec.is_replica:
        instance.become_standby()
        instance.configure(spec, part)
    else:
        (instance.pgdata / "recovery.signal").touch()
        instance.configure(spec, part, recovery_target(recovery.target))
        instance.start(within_seconds=RECOVERY_SECONDS)
        wait_for(lambda: not instance.in_recovery(), RECOVERY_SECONDS, "the end of recovery")
    instance.finish()


def clone(spec: ClusterSpec, instance: Instance, part: Part) -> None:
    """A streaming standby of the primary that `part` follows, not started yet."""
    instance.begin()
    instance.run(
        [
            str(POSTGRES_BIN / "pg_basebackup"),
            "--pgdata",
            str(instance.pgdata),
            "--waldir",
            str(instance.directory / "pg_wal"),
            "--host",
            str(part.sockets),
            "--port",
            str(part.follows_port),
            "--username",
            "streaming_replica",
            "--checkpoint",
            "fast",
            "--no-sync",
        ]
    )
    (instance.pgdata / CHECK_EMPTY).unlink(missing_ok=True)
    instance.become_standby()
    instance.configure(spec, part)
    instance.finish()


def newest_backup(
    catalogue: list[Mapping[str, Any]], target: Mapping[str, str]
) -> Mapping[str, Any]:
    """The base backup from which a recovery starts.

    Raises:
        NoTargetBackup: when none is finished, or none ended before the target's time.
    """
    if "backupID" in target:
        fitting = [entry for entry in catalogue if entry["backup_id"] == target["backupID"]]
    else:
        fitting = [entry for entry in catalogue if entry["status"] == "DONE"]
    if "targetTime" in target:
        limit = datetime.fromisoformat(target["targetTime"])
        fitting = [entry for entry in fitting if _ended(entry) <= limit]
    if not fitting:
        raise NoTargetBackup(f"no target backup found among {len(catalogue)}")
    return max(fitting, key=_ended)


def set_password(instance: Instance, role: str, password: str | None) -> None:
    """Give a role its password from the Secret, or none."""
    literal = "NULL" if password is None else "'" + password.replace("'", "''") + "'"
    _change(instance, f'ALTER ROLE "{role}" PASSWORD {literal}')


def _change(instance: Instance, sql: str, database: str = "postgres") -> None:
    """Wait for no standby, as the operator does (cloudnative-pg v1.30.0
    pkg/management/postgres/pool/profiles.go, connectionProfilePostgresql.Enrich).
    """
    instance.query(sql, database, commit_locally=True)


def _ended(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["end_time_iso"])
