"""What was applied so far, so that what left the bundle can be told from what was never in it.

Kept in a ConfigMap of the database's namespace. Written before the first object is applied, with
the new objects added, and after the last deletion, without the deleted: an interrupted run forgets
nothing.
"""

import json

from host.kubernetes.kubectl import Kubectl, Object
from host.kubernetes.object_id import ObjectId

NAME = "pgtwin-inventory"


class Inventory:
    """The ConfigMap `pgtwin-inventory`."""

    def __init__(self, kubectl: Kubectl, namespace: str) -> None:
        self._kubectl = kubectl
        self._namespace = namespace

    def read(self) -> frozenset[ObjectId]:
        """What was applied by earlier runs."""
        found = self._kubectl.get("configmap", NAME, "-n", self._namespace)
        documents = json.loads((found or {}).get("data", {}).get("objects", "[]"))
        return frozenset(ObjectId(**document) for document in documents)

    def write(self, ids: frozenset[ObjectId]) -> None:
        """Replace it."""
        self._kubectl.apply(_config_map(ids, self._namespace))


def _config_map(ids: frozenset[ObjectId], namespace: str) -> Object:
    documents = [object_id.document() for object_id in sorted(ids)]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": namespace},
        "data": {"objects": json.dumps(documents)},
    }
