"""What Prometheus scrapes and when it calls; applied only where its operator is installed."""

from typing import Any

import cdk8s
from constructs import Construct

from charts.alarms import Alarm, alarms
from charts.custom_resource import CustomResource
from charts.pooler import POOLER_LABELS
from topology.names import POSTGRES_NAMESPACE
from topology.site import SiteName
from topology.topology import Topology

API_VERSION = "monitoring.coreos.com/v1"


class Monitoring(cdk8s.Chart):
    """PodMonitors of our own, as the operator's are deprecated, and one rule per alarm."""

    def __init__(self, scope: Construct, name: str, *, topology: Topology, site: SiteName) -> None:
        super().__init__(scope, name)
        cluster = topology.site(site).cluster
        self._scrape(cluster, {"cnpg.io/cluster": cluster, "cnpg.io/podRole": "instance"})
        if topology.database.pooler_instances:
            self._scrape("pooler", POOLER_LABELS)
        rules = [_rule(alarm, site) for alarm in alarms(topology, site)]
        self._object(cluster, "PrometheusRule", {"groups": [{"name": "pgtwin", "rules": rules}]})

    def _scrape(self, name: str, labels: dict[str, str]) -> None:
        self._object(
            name,
            "PodMonitor",
            {
                "selector": {"matchLabels": labels},
                "podMetricsEndpoints": [{"port": "metrics", "interval": "30s"}],
            },
        )

    def _object(self, name: str, kind: str, spec: dict[str, Any]) -> None:
        CustomResource(
            self,
            name,
            api_version=API_VERSION,
            kind=kind,
            namespace=POSTGRES_NAMESPACE,
            spec=spec,
        )


def _rule(alarm: Alarm, site: SiteName) -> dict[str, Any]:
    return {
        "alert": alarm.name,
        "expr": alarm.expression,
        "for": f"{alarm.minutes}m",
        "labels": {"severity": alarm.says.severity, "site": site},
        "annotations": {
            "summary": alarm.says.meaning,
            "runbook_url": f"docs/runbooks/{alarm.runbook}.md",
        },
    }
