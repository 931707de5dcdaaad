"""k3s' deploy controller: what it does with the files of its manifests folder.

From k3s pkg/deploy/controller.go: files by name, one AddOn per file, named up to the first dot and
made first; a file is applied when its hash differs from the AddOn's checksum, which is written
only after every object of the file was taken; at a start everything is applied again, until one
pass has no error; objects that left a file are pruned, a file that left deletes nothing. Looks
every 0.2 s instead of every 15 s.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import yaml

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.k3s.controller import Controller
from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError

_NAMESPACE = "kube-system"
_APPLIED = "drill.pgtwin/applied"
"""The annotation that remembers what a file held; k3s keeps it in a form of its own."""
_SUFFIXES = (".yaml", ".yml", ".json")


class DeployController(Controller):
    """Watches one folder from `start` to `stop`; a new start is a restart of k3s."""

    def __init__(self, *, api: ClusterApi, folder: Path, every_seconds: float = 0.2) -> None:
        super().__init__(api=api, every_seconds=every_seconds)
        self._folder = folder
        self._force = True

    def look(self) -> None:
        """One pass over the folder."""
        taken = [self._take(file) for file in _files(self._folder)]
        if all(taken):
            self._force = False

    def _take(self, file: Path) -> bool:
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            return True  # It left between the listing and the look.
        checksum = hashlib.sha256(content).hexdigest()
        name = file.name.partition(".")[0]
        addon = self._api.get("addons", name, _NAMESPACE) or self._create(name, file)
        if addon["spec"].get("checksum") == checksum and not self._force:
            return True
        try:
            objects = [each for each in yaml.safe_load_all(content) if each]
            applied = [self._apply(each) for each in objects]
            self._prune(addon, applied)
            self._record(name, checksum, applied)
        except (yaml.YAMLError, StatusError) as error:
            self._warn(name, str(error))
            return False
        return True

    def _apply(self, value: Object) -> dict[str, str]:
        self._api.apply(value)
        metadata = value["metadata"]
        return {
            "kind": value["kind"],
            "name": metadata["name"],
            "namespace": metadata.get("namespace", "default"),
        }

    def _prune(self, addon: Object, applied: list[dict[str, str]]) -> None:
        annotations = addon["metadata"].get("annotations", {})
        for was in json.loads(annotations.get(_APPLIED, "[]")):
            if was not in applied:
                self._api.delete(was["kind"], was["name"], was["namespace"])

    def _create(self, name: str, file: Path) -> Object:
        return self._api.create(
            {
                "apiVersion": "k3s.cattle.io/v1",
                "kind": "Addon",
                "metadata": {"name": name, "namespace": _NAMESPACE},
                "spec": {"source": str(file)},
            }
        )

    def _record(self, name: str, checksum: str, applied: list[dict[str, str]]) -> None:
        """An AddOn that was deleted meanwhile stays deleted: k3s updates it, and is refused."""
        patch = {
            "metadata": {"annotations": {_APPLIED: json.dumps(applied)}},
            "spec": {"checksum": checksum},
        }
        self._api.patch("addons", name, patch, _NAMESPACE)

    def _warn(self, name: str, message: str) -> None:
        event: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{name}.", "namespace": _NAMESPACE},
            "type": "Warning",
            "reason": "ApplyManifestFailed",
            "message": message,
            "involvedObject": {
                "apiVersion": "k3s.cattle.io/v1",
                "kind": "Addon",
                "name": name,
                "namespace": _NAMESPACE,
            },
        }
        told = self._api.list("events", _NAMESPACE, fields=f"involvedObject.name={name}")
        if not any(each["message"] == message for each in told):
            self._api.create(event)


def _files(folder: Path) -> list[Path]:
    """What counts in the folder, by name."""
    found = ((Path(root), set(names)) for root, _, names in os.walk(folder))
    return sorted(root / each for root, names in found for each in names if _counts(each, names))


def _counts(name: str, beside: set[str]) -> bool:
    return name.endswith(_SUFFIXES) and not name.startswith(".") and f"{name}.skip" not in beside
