"""The configuration that a rig deploys: the user's own, but for where k3s comes from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from drill import deployed_mode, k3s_mirror
from topology.load import parse
from topology.topology import Replication, Topology

MIRROR = "pgtwin-rig-k3s"


@dataclass(frozen=True, kw_only=True)
class RigConfiguration:
    """A topology on disk, for the CDK CLI."""

    path: Path
    topology: Topology


def with_mirror(
    config: Path,
    folder: Path,
    k3s: bytes,
    *,
    replication: Replication | None = None,
    rpo: str | None = None,
) -> RigConfiguration:
    """Write the configuration with a mirror for the rig's k3s into `folder`.

    `replication` and `rpo` are written instead of the file's own.

    Raises:
        Refused: when the user's configuration is not good.
    """
    document: dict[str, Any] = yaml.safe_load(config.read_text(encoding="utf-8"))
    deployed_mode.write(document, replication, rpo)
    k3s_mirror.point_to(MIRROR, k3s, document)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return RigConfiguration(path=path, topology=parse(document))
