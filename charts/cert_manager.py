"""cert-manager: issues the certificates between CloudNativePG and its backup plugin."""

import cdk8s
from constructs import Construct

from charts.helm_release import ON_SERVERS, HelmRelease
from topology.versions import CERT_MANAGER_CHARTS

NAMESPACE = "cert-manager"


class CertManager(cdk8s.Chart):
    """The operator of certificates, with its own CRDs."""

    def __init__(self, scope: Construct, name: str, *, version: str) -> None:
        super().__init__(scope, name)
        HelmRelease(
            self,
            "cert-manager",
            repository=CERT_MANAGER_CHARTS,
            version=version,
            target_namespace=NAMESPACE,
            values={
                "crds": {"enabled": True, "keep": True},
                "startupapicheck": ON_SERVERS,
                "cainjector": ON_SERVERS,
                "webhook": ON_SERVERS,
                **ON_SERVERS,
            },
        )
