"""An operator that k3s' Helm controller installs."""

from typing import Any

import cdk8s
from constructs import Construct

from charts.custom_resource import CustomResource

CONTROL_PLANE_LABEL = "node-role.kubernetes.io/control-plane"
ON_SERVERS: dict[str, Any] = {
    "nodeSelector": {CONTROL_PLANE_LABEL: "true"},
    "tolerations": [{"key": CONTROL_PLANE_LABEL, "operator": "Exists", "effect": "NoSchedule"}],
}
"""Operators run beside the API server: the loss of an agent, which may take the writer along, must
not take the operator that has to elect the next writer as well."""


class HelmRelease(CustomResource):
    """A HelmChart object of a pinned version.

    `bootstrap` keeps its Job, whose ServiceAccount is a cluster-admin, to the servers: a machine
    may ask for a token of every pod that is bound to it. The Job then uses the machine's network,
    its name servers and the API at 127.0.0.1 (helm-controller v0.17.9
    pkg/controllers/chart/chart.go).

    `failurePolicy` is abort, because the default uninstalls a release whose upgrade failed. The
    host program has what failed tried again (`host/apply/helm_release.py`); `retry` would too,
    but came with helm-controller 0.17.7 only.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        repository: str,
        version: str,
        target_namespace: str,
        values: dict[str, Any],
    ) -> None:
        super().__init__(
            scope,
            name,
            api_version="helm.cattle.io/v1",
            kind="HelmChart",
            namespace="kube-system",
            spec={
                "repo": repository,
                "chart": name,
                "version": version,
                "targetNamespace": target_namespace,
                "createNamespace": True,
                "bootstrap": True,
                "failurePolicy": "abort",
                "timeout": "10m",
                "valuesContent": cdk8s.Yaml.stringify(values),
            },
        )
