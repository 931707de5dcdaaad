"""The backup plugin of CloudNativePG: base backups and WAL in S3."""

import cdk8s
from constructs import Construct

from charts.helm_release import ON_SERVERS, HelmRelease
from topology.names import OPERATOR_NAMESPACE
from topology.versions import (
    CLOUDNATIVE_PG_CHARTS,
    PLUGIN_IMAGE,
    SIDECAR_IMAGE,
    pinned_tag,
)


class PluginBarmanCloud(cdk8s.Chart):
    """The plugin, in the operator's namespace, where the operator looks for it.

    One replica: a second would wait for the leader's lease and never listen (plugin issue 303).
    """

    def __init__(self, scope: Construct, name: str, *, version: str, plugin: str) -> None:
        super().__init__(scope, name)
        HelmRelease(
            self,
            "plugin-barman-cloud",
            repository=CLOUDNATIVE_PG_CHARTS,
            version=version,
            target_namespace=OPERATOR_NAMESPACE,
            values={
                "image": {"tag": pinned_tag(PLUGIN_IMAGE, plugin)},
                "sidecarImage": {"tag": pinned_tag(SIDECAR_IMAGE, plugin)},
                "replicaCount": 1,
                "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}},
                **ON_SERVERS,
            },
        )
