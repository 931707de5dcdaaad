"""Where PostgreSQL's files live: the data volume of the machine that the pod runs on."""

from typing import Any

import cdk8s
from cdk8s_plus_28 import k8s
from constructs import Construct

from topology.database import Database

STORAGE_CLASS = "postgres-retain"
"""Keeps the files when their claim is deleted; for PGDATA and pg_wal."""
SCRATCH_STORAGE_CLASS = "local-path"
"""k3s' own class on the same volume, which deletes with the claim; for what may be lost."""


class StorageClass(cdk8s.Chart):
    """A claim deleted by mistake must not delete a database."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        k8s.KubeStorageClass(
            self,
            STORAGE_CLASS,
            metadata=k8s.ObjectMeta(name=STORAGE_CLASS),
            provisioner="rancher.io/local-path",
            reclaim_policy="Retain",
            volume_binding_mode="WaitForFirstConsumer",
        )


def claims(database: Database) -> dict[str, Any]:
    """What a Cluster asks for: pg_wal has a claim of its own on both sites, since it can be added
    later, but never removed.

    A claim that exists keeps its size: it is a folder of the data volume, without a limit. Told to
    grow it, the operator is refused by the API server, and does no more for the pods from then on.
    The field of `storage` counts for every claim (cloudnative-pg v1.30.0
    pkg/reconciler/persistentvolumeclaim/existing.go).
    """
    return {
        "storage": {
            "storageClass": STORAGE_CLASS,
            "size": f"{database.storage_gib}Gi",
            "resizeInUseVolumes": False,
        },
        "walStorage": {"storageClass": STORAGE_CLASS, "size": f"{database.wal_gib}Gi"},
    }
