"""What an installed Helm chart leaves in the API, as far as anything here waits for it.

The real charts bring far more (roles, webhooks, certificates); here they are CRDs, Deployments
and, for the plugin, its Service.
"""

from dataclasses import dataclass

from drill.kubernetes.objects.known_resources import CHART_RESOURCES
from drill.kubernetes.objects.resource_table import crd_of
from drill.kubernetes.resource import Object

_SUFFIXES: dict[str, tuple[str, ...]] = {"cert-manager": ("", "-cainjector", "-webhook")}
CHARTS = tuple(CHART_RESOURCES)
"""The charts that a site needs, in no order."""


@dataclass(frozen=True, kw_only=True)
class ChartInstall:
    """One release of one chart."""

    chart: str
    release: str
    namespace: str
    full_name_override: str = ""

    def crds(self) -> list[Object]:
        """The CRDs of the chart; they outlive the release."""
        return [crd_of(resource) for resource in CHART_RESOURCES.get(self.chart, ())]

    def deployments(self, *, available: bool) -> list[Object]:
        """The Deployments of the chart."""
        if self.chart not in CHART_RESOURCES:
            return []
        suffixes = _SUFFIXES.get(self.chart, ("",))
        return [self._deployment(self.full_name + suffix, available) for suffix in suffixes]

    def services(self) -> list[Object]:
        """The Service by which the operator finds the plugin."""
        if self.chart != "plugin-barman-cloud":
            return []
        return [
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {
                    "name": "barman-cloud",
                    "namespace": self.namespace,
                    "labels": {
                        "cnpg.io/pluginName": "barman-cloud.cloudnative-pg.io",
                        "app.kubernetes.io/instance": self.release,
                    },
                },
                "spec": {"ports": [{"port": 9090, "protocol": "TCP"}]},
            }
        ]

    @property
    def full_name(self) -> str:
        """Helm's usual rule: the release, with the chart's name unless it holds it already."""
        usual = self.release if self.chart in self.release else f"{self.release}-{self.chart}"
        return self.full_name_override or usual

    def _deployment(self, name: str, available: bool) -> Object:
        labels = {
            "app.kubernetes.io/name": self.chart,
            "app.kubernetes.io/instance": self.release,
            "app.kubernetes.io/managed-by": "Helm",
        }
        state = "True" if available else "False"
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": self.namespace, "labels": labels},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "manager", "image": self.chart}]},
                },
            },
            "status": {
                "observedGeneration": 1,
                "replicas": 1,
                "readyReplicas": int(available),
                "availableReplicas": int(available),
                "updatedReplicas": 1,
                "conditions": [{"type": "Available", "status": state}],
            },
        }
