"""The stand-in for the local-path provisioner: folders of this machine for claims bound to it.

Each machine provides for its own pods, so the folder is made where it is used. As the real one does
(v0.0.3x): host paths under the configured folder, named after the claim, open to every user.
"""

import shutil
from pathlib import Path
from typing import Any

from drill.rig.inside.kube_api import KubeApi, Object

PROVISIONER = "rancher.io/local-path"
_CHOSEN = "volume.kubernetes.io/selected-node"
_BY = "pv.kubernetes.io/provisioned-by"


def wanted(claims: list[Object], classes: list[Object], node: str) -> list[tuple[Object, Object]]:
    """The claims that wait for this machine's provisioner, each with its class."""
    ours = {
        each["metadata"]["name"]: each for each in classes if each["provisioner"] == PROVISIONER
    }
    return [
        (claim, ours[name])
        for claim in claims
        if (name := claim["spec"].get("storageClassName")) in ours
        and not claim["spec"].get("volumeName")
        and claim["metadata"].get("annotations", {}).get(_CHOSEN) == node
    ]


def volume(claim: Object, storage_class: Object, *, node: str, folder: str) -> Object:
    """The PersistentVolume of a claim."""
    meta = claim["metadata"]
    name = f"pvc-{meta['uid']}"
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    path = f"{folder}/{name}_{meta['namespace']}_{meta['name']}"
    spec: dict[str, Any] = {
        "accessModes": claim["spec"]["accessModes"],
        "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
        "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            **{key: meta[key] for key in ("name", "namespace", "uid")},
        },
        "hostPath": {"path": path, "type": "DirectoryOrCreate"},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
        "storageClassName": storage_class["metadata"]["name"],
        "volumeMode": "Filesystem",
    }
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {_BY: PROVISIONER}},
        "spec": spec,
    }


def released(volumes: list[Object], node: str) -> list[Object]:
    """The volumes on this machine whose claim is gone and that are to be deleted with it."""
    return [
        each
        for each in volumes
        if each.get("status", {}).get("phase") == "Released"
        and each["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
        and each["metadata"].get("annotations", {}).get(_BY) == PROVISIONER
        and node in str(each["spec"].get("nodeAffinity"))
    ]


class LocalPath:
    """The provisioner of one machine."""

    def __init__(self, api: KubeApi, *, node: str, folder: str) -> None:
        self._api = api
        self._node = node
        self._folder = folder

    def settle(self) -> None:
        """Make what is wanted, delete what is released."""
        claims = self._api.items("/api/v1/persistentvolumeclaims")
        classes = self._api.items("/apis/storage.k8s.io/v1/storageclasses")
        for claim, storage_class in wanted(claims, classes, self._node):
            made = volume(claim, storage_class, node=self._node, folder=self._folder)
            path = Path(made["spec"]["hostPath"]["path"])
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o777)
            self._api.create("/api/v1/persistentvolumes", made)
        for gone in released(self._api.items("/api/v1/persistentvolumes"), self._node):
            shutil.rmtree(gone["spec"]["hostPath"]["path"], ignore_errors=True)
            self._api.delete(f"/api/v1/persistentvolumes/{gone['metadata']['name']}")
