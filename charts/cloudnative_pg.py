"""CloudNativePG: runs PostgreSQL, elects the writer inside a site."""

from typing import Any

import cdk8s
from constructs import Construct

from charts.helm_release import ON_SERVERS, HelmRelease
from topology.names import OPERATOR_NAMESPACE
from topology.versions import (
    CLOUDNATIVE_PG_CHARTS,
    OPERATOR_IMAGE,
    OPERATOR_OF_CHART,
    pinned_tag,
)

UNACKNOWLEDGED_RETRIES = {"name": "net.ipv4.tcp_retries2", "value": "3"}
"""A request to an instance whose machine has lost its power ends after 3 s: retransmissions after
0.2, 0.4, 0.8 and 1.6 s (Linux, Documentation/networking/ip-sysctl.rst).

Otherwise the operator waits for 30 s on the connection that it kept, and elects nobody meanwhile
(cloudnative-pg v1.30.0 pkg/management/postgres/webserver/client/remote/instance.go:49; seen on the
rig). The kubelet allows it (`host/setup/machine_settings.py`).
"""


class CloudNativePg(cdk8s.Chart):
    """The operator of PostgreSQL."""

    def __init__(self, scope: Construct, name: str, *, version: str) -> None:
        super().__init__(scope, name)
        HelmRelease(
            self,
            "cloudnative-pg",
            repository=CLOUDNATIVE_PG_CHARTS,
            version=version,
            target_namespace=OPERATOR_NAMESPACE,
            values={
                **_image(version),
                "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}},
                "podSecurityContext": {"sysctls": [UNACKNOWLEDGED_RETRIES]},
                **ON_SERVERS,
            },
        )


def _image(chart: str) -> dict[str, Any]:
    """By its digest; instances begin with the same image, which they copy their manager from."""
    operator = OPERATOR_OF_CHART.get(chart)
    return {"image": {"tag": pinned_tag(OPERATOR_IMAGE, operator)}} if operator else {}
