"""What a Cluster's server proves itself with: what its object names, or what its operator makes."""

import ssl
from pathlib import Path

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.operator.certificates import Certificates
from drill.operator.given_certificates import GivenCertificates


class ServerCertificates:
    """Those of one Cluster, in `directory`."""

    def __init__(self, api: ClusterApi, directory: Path, *, cluster: str, namespace: str) -> None:
        self._directory = directory
        self._cluster = cluster
        self._namespace = namespace
        self._given = GivenCertificates(api, directory / "given-certificates")

    @property
    def status(self) -> Object:
        """`status.certificates`; empty where the operator makes them itself."""
        return self._given.status

    @property
    def ca(self) -> Path:
        """The authority that the operator makes for a Cluster that names none."""
        return self._own().ca

    def context(self, cluster: Object) -> ssl.SSLContext | None:
        """What the server offers from now on; None where that is what it offered first.

        Raises:
            UnfitCertificates: where the operator would go no further.
        """
        return self._given.context(cluster) if "certificates" in cluster["spec"] else None

    def own_context(self) -> ssl.SSLContext:
        """What it offers with the operator's own."""
        return self._own().server_context()

    def _own(self) -> Certificates:
        service = f"{self._cluster}-rw"
        space = f"{service}.{self._namespace}"
        return Certificates(
            self._directory / "certificates",
            cluster=self._cluster,
            names=(service, space, f"{space}.svc", f"{space}.svc.cluster.local"),
        )
