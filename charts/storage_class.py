"""Where PostgreSQL's files live: the data volume of the machine that the pod runs on."""

import cdk8s
from cdk8s_plus_28 import k8s
from constructs import Construct

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
