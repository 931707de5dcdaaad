"""CloudNativePG: runs PostgreSQL, elects the writer inside a site."""

import cdk8s
from constructs import Construct

from charts.helm_release import ON_SERVERS, HelmRelease
from topology.names import OPERATOR_NAMESPACE
from topology.versions import CLOUDNATIVE_PG_CHARTS


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
            values={"resources": {"requests": {"cpu": "50m", "memory": "128Mi"}}, **ON_SERVERS},
        )
