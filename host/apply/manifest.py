"""The manifests of a bundle, as objects."""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath

from host.bundle.bundle import Bundle
from host.errors import Refused
from host.kubernetes.kubectl import Object
from host.machine.machine import Files


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One file: either only HelmChart objects, for k3s' own folder, or objects to apply."""

    name: str
    items: tuple[Object, ...]

    @property
    def is_charts(self) -> bool:
        """Whether k3s installs it."""
        return all(item["kind"] == "HelmChart" for item in self.items)

    @property
    def text(self) -> str:
        """As k3s reads it: one document per object; JSON is YAML."""
        return "\n---\n".join(json.dumps(item, indent=2) for item in self.items) + "\n"


def read_all(bundle: Bundle, files: Files) -> tuple[Manifest, ...]:
    """Every manifest of a bundle, in the order of the file names.

    Raises:
        Refused: where one is not a JSON array of objects.
    """
    return tuple(_read(path, files) for path in bundle.manifests(files))


def _read(path: str, files: Files) -> Manifest:
    where = PurePosixPath(path)
    try:
        items = json.loads(files.read(path))
        for item in items:
            item["kind"], item["apiVersion"], item["metadata"]["name"]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"{where.name} is not a JSON array of Kubernetes objects ({error!r}) - "
            "synthesise and deploy again"
        ) from None
    return Manifest(name=where.stem, items=tuple(items))
