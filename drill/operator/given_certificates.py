"""The certificates that a Cluster names in `spec.certificates`, judged as CloudNativePG does.

Where one is missing, or does not fit the authority, the operator does nothing else for the Cluster
and tries again (cloudnative-pg v1.30.0 internal/controller/cluster_pki.go). Where one changes, the
instances take it over by a reload: connections that are open stay open.
"""

import base64
import ssl
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object

FIELDS = ("serverCASecret", "serverTLSSecret", "clientCASecret", "replicationTLSSecret")
_USAGES = {
    "serverTLSSecret": ("serverCASecret", ExtendedKeyUsageOID.SERVER_AUTH),
    "replicationTLSSecret": ("clientCASecret", ExtendedKeyUsageOID.CLIENT_AUTH),
}


class UnfitCertificates(Exception):  # noqa: N818 (says what is wrong)
    """A Secret is missing, or does not hold what it must."""


class GivenCertificates:
    """Those of one Cluster; `directory` is where the files for TLS are written."""

    def __init__(self, api: ClusterApi, directory: Path) -> None:
        self._api = api
        self._directory = directory
        self._read: tuple[Mapping[str, str], ssl.SSLContext] | None = None
        self.status: Object = {}
        """`status.certificates`, once they were read."""

    def context(self, cluster: Object) -> ssl.SSLContext:
        """What the server offers; the same as long as no Secret changes.

        Raises:
            UnfitCertificates: where the operator would go no further.
        """
        names = cluster["spec"]["certificates"]
        secrets = {field: self._secret(names[field], cluster) for field in FIELDS}
        versions = {field: each["metadata"]["resourceVersion"] for field, each in secrets.items()}
        if self._read and self._read[0] == versions:
            return self._read[1]
        for field, (authority, usage) in _USAGES.items():
            _refuse_unfit(names[field], secrets[field], secrets[authority], usage)
        self.status = {**names, "expirations": _expirations(names, secrets)}
        self._read = (
            versions,
            self._loaded(secrets["serverTLSSecret"], _data(secrets["clientCASecret"], "ca.crt")),
        )
        return self._read[1]

    def _secret(self, name: str, cluster: Object) -> Object:
        found = self._api.get("Secret", name, cluster["metadata"]["namespace"])
        if found is None:
            raise UnfitCertificates(f"missing specified secret {name}")
        return found

    def _loaded(self, secret: Object, clients: bytes) -> ssl.SSLContext:
        """A client shows a certificate of the authority `clients`, or none."""
        self._directory.mkdir(parents=True, exist_ok=True)
        files = {key: self._directory / key for key in ("tls.crt", "tls.key")}
        for key, file in files.items():
            file.write_bytes(_data(secret, key))
        context = server_context(files["tls.crt"], files["tls.key"])
        context.load_verify_locations(cadata=clients.decode())
        context.verify_mode = ssl.CERT_OPTIONAL
        return context


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What a server offers to its clients; TLS 1.3 only, as CloudNativePG sets it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    return context


def _refuse_unfit(
    name: str, secret: Object, authority: Object, usage: x509.ObjectIdentifier
) -> None:
    leaf = _certificates(secret, "tls.crt")[0]
    usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    if usage not in usages:
        raise UnfitCertificates(f"{name}: not for {usage}")
    if not any(_issued(leaf, each) for each in _certificates(authority, "ca.crt")):
        raise UnfitCertificates(f"{name}: certificate signed by unknown authority")


def _issued(leaf: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _certificates(secret: Object, key: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_data(secret, key))
    except ValueError as error:
        raise UnfitCertificates(f"{secret['metadata']['name']}: {error}") from error


def _data(secret: Object, key: str) -> bytes:
    if key not in secret.get("data", {}):
        raise UnfitCertificates(f"missing {key} secret data")
    return base64.b64decode(secret["data"][key])


def _expirations(names: Mapping[str, str], secrets: Mapping[str, Object]) -> dict[str, Any]:
    """By the Secret's name; of a bundle the operator looks at the first certificate alone."""
    keys = {field: "tls.crt" if "TLS" in field else "ca.crt" for field in FIELDS}
    return {
        names[field]: _as_go_writes(_certificates(secrets[field], key)[0].not_valid_after_utc)
        for field, key in keys.items()
    }


def _as_go_writes(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} +0000 UTC"
