"""What a Cluster's server proves itself with: what its object names, or what its operator makes."""

import ssl
from pathlib import Path

from drill.authority import Authority
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.operator.given_certificates import GivenCertificates, server_context


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
        return self._own() / "ca.crt"

    def context(self, cluster: Object) -> ssl.SSLContext | None:
        """What the server offers from now on; None where that is what it offered first.

        Raises:
            UnfitCertificates: where the operator would go no further.
        """
        return self._given.context(cluster) if "certificates" in cluster["spec"] else None

    def own_context(self) -> ssl.SSLContext:
        """What it offers with the operator's own."""
        own = self._own()
        return server_context(own / "server.crt", own / "server.key")

    def _own(self) -> Path:
        """The folder of those that the operator makes; they are made once."""
        folder = self._directory / "certificates"
        if (folder / "server.crt").exists():
            return folder
        service = f"{self._cluster}-rw"
        space = f"{service}.{self._namespace}"
        names = (service, space, f"{space}.svc", f"{space}.svc.cluster.local")
        folder.mkdir(parents=True, exist_ok=True)
        authority = Authority.make(folder, "ca", subject=self._cluster)
        authority.server("server", hosts=names, addresses=())
        return folder
