"""The configuration that a drill deploys: the user's own, changed only where it says so."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from drill import deployed_mode, k3s_mirror
from topology.load import parse
from topology.topology import Replication, Topology

ARCHIVE_TIMEOUT_SECONDS = 5
"""The least that the topology accepts, so that all scenarios fit into four minutes."""
RETRY_SECONDS = 1
"""How often a replica looks for the next segment, shortened as the archive timeout is."""
K3S_MIRROR = "drill-k3s-mirror"


@dataclass(frozen=True, kw_only=True)
class RehearsedConfiguration:
    """A topology on disk, for the CDK CLI, and what differs from the file that the user gave."""

    asked: Path
    path: Path
    topology: Topology
    k3s_binary: bytes
    """A placeholder that tells its version, as its nodes then do."""
    overrides: tuple[str, ...]


def placeholder(version: str) -> bytes:
    """What is fetched in the place of k3s; what it is asked for, the drill's machine answers."""
    return f'#!/bin/sh\nexec k3s "$@"\n# The drill serves the API of k3s {version}\n'.encode()


def rehearsed(
    config: Path,
    folder: Path,
    *,
    replication: Replication | None = None,
    rpo: str | None = None,
    hurried: bool = True,
) -> RehearsedConfiguration:
    """Write the configuration for a drill into `folder`.

    `replication` and `rpo` are written instead of the file's own. Where it is not hurried, the
    archive timeout is the file's own.

    Raises:
        Refused: when the user's configuration is not good.
    """
    document: dict[str, Any] = yaml.safe_load(config.read_text(encoding="utf-8"))
    asked = parse(document)
    deployed_mode.write(document, replication, rpo)
    k3s_binary = placeholder(asked.versions.k3s.version)
    k3s_mirror.point_to(K3S_MIRROR, k3s_binary, document)
    if hurried:
        _hurry(document)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    topology = parse(document)
    return RehearsedConfiguration(
        asked=config,
        path=path,
        topology=topology,
        k3s_binary=k3s_binary,
        overrides=(
            *(_hurried(asked) if hurried else ()),
            "k3s comes from a mirror in the embedded S3 and is a placeholder: the drill serves "
            "the Kubernetes API itself",
            *deployed_mode.sentences(asked, topology),
        ),
    )


def _hurry(document: dict[str, Any]) -> None:
    document["database"]["archive_timeout_seconds"] = ARCHIVE_TIMEOUT_SECONDS
    parameters = document["database"].setdefault("parameters", {})
    parameters["wal_retrieve_retry_interval"] = f"{RETRY_SECONDS}s"


def _hurried(asked: Topology) -> tuple[str, ...]:
    return (
        f"archive_timeout_seconds is {ARCHIVE_TIMEOUT_SECONDS} instead of "
        f"{asked.database.archive_timeout_seconds}: the drill has minutes, and its bounds "
        "scale with it",
        f"wal_retrieve_retry_interval is {RETRY_SECONDS} s, for the same reason",
    )
