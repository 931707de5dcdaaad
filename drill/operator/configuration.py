"""The configuration files of an instance, from its Cluster and its part in it.

Pure: text in, text out. The defaults and the fixed settings are CloudNativePG's, less what a
process on loopback cannot have: pods' paths, TLS inside PostgreSQL (this build has none; the
writer's port speaks TLS in its place) and log collection.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from drill.operator.cluster_spec import ClusterSpec
from drill.operator.processes import CONTRIB

DEFAULTS = {
    "archive_timeout": "5min",
    "dynamic_shared_memory_type": "posix",
    "full_page_writes": "on",
    "max_parallel_workers": "32",
    "max_replication_slots": "32",
    "max_worker_processes": "32",
    "shared_memory_type": "mmap",
    "wal_keep_size": "512MB",
    "wal_level": "logical",
    "wal_log_hints": "on",
    "wal_receiver_timeout": "5s",
    "wal_sender_timeout": "5s",
}
"""What CloudNativePG sets where the manifest does not."""

_ONLY_TLS = "hostnossl all all all reject"
"""The writer's service obeys that, in PostgreSQL's place."""
_TLS = ("ssl", "ssl_max_protocol_version", "ssl_min_protocol_version", "ssl_ciphers")
_RECOVERY_TARGETS = {"targetTime": "recovery_target_time", "targetLSN": "recovery_target_lsn"}
_REQUIRED = "required"
_PLACEHOLDER = "-placeholder"
"""What the operator names where the list would be empty."""
_OF_A_BACKUP, _EXCLUSIVE = "backupID", "exclusive"


ArchiveMode = Literal["always", "on"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one instance is in its cluster at this moment."""

    name: str
    port: int
    sockets: Path
    archive_script: Path
    restore_script: Path
    archives: bool
    """Whether it is the one that writes the archive: primary or designated primary."""
    archive_mode: ArchiveMode
    """`always` in a replica cluster; a change waits for a restart."""
    follows_port: int | None
    """Where its upstream listens; None on the primary and the designated primary."""
    streams_from: str | None
    """How a designated primary reaches the writer of the other cluster; None where it does not."""
    listed: tuple[str, ...]
    """The site's instances as the operator lists them: the ready ones, the others, and at last the
    one that leads. Every instance is given the list; only the one that leads goes by it."""


def settings(spec: ClusterSpec, part: Part) -> dict[str, str]:
    """Every setting of an instance; the fixed ones win over the manifest, as the webhook rules."""
    fixed = {
        "archive_command": f"{part.archive_script} %p" if part.archives else "true",
        "archive_mode": part.archive_mode,
        "cluster_name": spec.name,
        "dynamic_library_path": f"$libdir:{CONTRIB}/lib",
        "extension_control_path": f"$system:{CONTRIB}/share",
        "hot_standby": "on",
        "listen_addresses": "127.0.0.1",
        "port": str(part.port),
        "recovery_target_timeline": "latest",
        "restart_after_crash": "off",
        "restore_command": f"{part.restore_script} %f %p",
        "synchronous_standby_names": standby_names(spec, part),
        "unix_socket_directories": str(part.sockets),
    }
    if part.follows_port is not None:
        fixed["primary_conninfo"] = (
            f"host={part.sockets} port={part.follows_port} user=streaming_replica "
            f"application_name={part.name}"
        )
    elif part.streams_from is not None:
        fixed["primary_conninfo"] = part.streams_from
    from_manifest = {name: value for name, value in spec.parameters.items() if name not in _TLS}
    return {**DEFAULTS, **from_manifest, **fixed}


def recovery_target(target: Mapping[str, Any]) -> dict[str, str]:
    """The settings that end a recovery at the target, and make it a primary there.

    Raises:
        KeyError: for a kind of target that is not emulated.
    """
    ends = {key: value for key, value in target.items() if key not in (_OF_A_BACKUP, _EXCLUSIVE)}
    named = {_RECOVERY_TARGETS[key]: value for key, value in ends.items()}
    exclusive = {"recovery_target_inclusive": "off"} if target.get(_EXCLUSIVE) else {}
    return {**named, **exclusive, "recovery_target_action": "promote"}


def conf(values: Mapping[str, str]) -> str:
    """Settings as lines of postgresql.conf."""
    quoted = {name: str(value).replace("'", "''") for name, value in values.items()}
    return "".join(f"{name} = '{value}'\n" for name, value in sorted(quoted.items()))


def hba(spec: ClusterSpec) -> str:
    """Who may connect: the operator over the socket, then the manifest, then passwords."""
    lines = [
        "local all postgres trust",
        "local replication,postgres streaming_replica trust",
        # Only the writer's service comes this way, and it has looked at the client's certificate.
        "host replication streaming_replica 127.0.0.1/32 trust",
        *(line for line in spec.hba if line != _ONLY_TLS),
        "host all all all scram-sha-256",
    ]
    return "\n".join(lines) + "\n"


def requires_tls(spec: ClusterSpec) -> bool:
    """Whether the manifest refuses clients without TLS."""
    return _ONLY_TLS in spec.hba


def standby_names(spec: ClusterSpec, part: Part) -> str:
    """The number stays whoever is there, so that a lone instance waits for the first standby
    (cloudnative-pg v1.30.0 pkg/postgres/replication/explicit.go,
    explicitSynchronousStandbyNamesDataDurabilityRequired).

    Raises:
        NotImplementedError: where the operator may shorten the list by itself.
    """
    asked = spec.synchronous
    if not asked:
        return ""
    if asked.get("dataDurability", _REQUIRED) != _REQUIRED:
        raise NotImplementedError(f"dataDurability: {asked['dataDurability']}")
    before, after = (tuple(asked.get(f"standbyNames{which}") or ()) for which in ("Pre", "Post"))
    names = (*before, *part.listed[: asked.get("maxStandbyNamesFromCluster")], *after)
    quoted = ",".join(f'"{name}"' for name in names or (f"{spec.name}{_PLACEHOLDER}",))
    return f"{str(asked['method']).upper()} {asked['number']} ({quoted})"
