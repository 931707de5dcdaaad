"""cert-manager: issues the certificates between CloudNativePG and its backup plugin."""

from typing import Any

import cdk8s
from constructs import Construct

from charts.helm_release import ON_SERVERS, HelmRelease
from topology.versions import CERT_MANAGER_CHARTS, CERT_MANAGER_IMAGE, DIGESTS

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
                **_image("controller", version),
                "startupapicheck": {**_image("startupapicheck", version), **ON_SERVERS},
                "cainjector": {**_image("cainjector", version), **ON_SERVERS},
                "webhook": {**_image("webhook", version), **ON_SERVERS},
                "acmesolver": _image("acmesolver", version),
                **ON_SERVERS,
            },
        )


def _image(what: str, version: str) -> dict[str, Any]:
    digest = DIGESTS.get(f"{CERT_MANAGER_IMAGE}-{what}:{version}")
    return {"image": {"digest": digest}} if digest else {}
