"""The configuration that a rig deploys: the user's own, but for where k3s comes from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from topology.load import parse
from topology.topology import Replication, Topology

MIRROR = "pgtwin-rig-k3s"


@dataclass(frozen=True, kw_only=True)
class RigConfiguration:
    """A topology on disk, for the CDK CLI."""

    path: Path
    topology: Topology


def with_mirror(
    config: Path, folder: Path, k3s: bytes, *, replication: Replication | None = None
) -> RigConfiguration:
    """Write the configuration with a mirror for the rig's k3s into `folder`.

    `replication` is written instead of the file's own.

    Raises:
        Refused: when the user's configuration is not good.
    """
    document: dict[str, Any] = yaml.safe_load(config.read_text(encoding="utf-8"))
    document["replication"] = replication or parse(document).replication
    sha256 = hashlib.sha256(k3s).hexdigest()
    source = {"mirror": f"s3://{MIRROR}/k3s", "sha256_amd64": sha256, "sha256_arm64": sha256}
    versions = document.setdefault("versions", {})
    versions["k3s"] = {**versions.get("k3s", {}), **source}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return RigConfiguration(path=path, topology=parse(document))
