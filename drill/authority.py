"""A certificate authority, and what it signs, under the names that Kubernetes' flags point at."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = timedelta(days=30)
"""Longer than any drill or rig lives."""
_BEFORE = timedelta(hours=1)
"""A client whose clock is behind trusts a new certificate too."""


class Authority:
    """Signs into one folder; its own certificate is `NAME.crt` there."""

    def __init__(
        self, folder: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> None:
        self._folder = folder
        self._key = key
        self._certificate = certificate

    @classmethod
    def make(cls, folder: Path, name: str, *, subject: str) -> Self:
        """A new one."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = (
            _builder(_subject(subject), key, issuer=_subject(subject))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        write_pair(folder, name, key, certificate)
        return cls(folder, key, certificate)

    @classmethod
    def load(cls, folder: Path, name: str) -> Self:
        """One that was made."""
        key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{name}.key is of another kind")
        return cls(folder, key, certificate)

    def client(self, name: str, *, user: str, groups: Sequence[str] = ()) -> None:
        """A client certificate: Kubernetes takes the common name for the user."""
        self._sign(name, _subject(user, groups), ExtendedKeyUsageOID.CLIENT_AUTH, [])

    def server(self, name: str, *, hosts: Sequence[str], addresses: Sequence[IPv4Address]) -> None:
        """A server certificate for these names and addresses."""
        names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
        names += [x509.IPAddress(address) for address in addresses]
        self._sign(name, _subject(name), ExtendedKeyUsageOID.SERVER_AUTH, names)

    def kubeconfig(self, name: str, *, url: str) -> None:
        """`NAME.kubeconfig` for the client certificate of that name; JSON, which is YAML too."""
        certificate, key = (self._base64(f"{name}.{kind}") for kind in ("crt", "key"))
        authority = base64.b64encode(self._certificate.public_bytes(Encoding.PEM)).decode()
        cluster = {"server": url, "certificate-authority-data": authority}
        user = {"client-certificate-data": certificate, "client-key-data": key}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "rig", "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "rig", "context": {"cluster": "rig", "user": name}}],
            "current-context": "rig",
        }
        write_private(self._folder / f"{name}.kubeconfig", json.dumps(document).encode())

    def _sign(
        self,
        name: str,
        subject: x509.Name,
        usage: x509.ObjectIdentifier,
        names: Sequence[x509.GeneralName],
    ) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject, key, issuer=self._certificate.subject).add_extension(
            x509.ExtendedKeyUsage([usage]), critical=False
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        write_pair(self._folder, name, key, builder.sign(self._key, hashes.SHA256()))

    def _base64(self, file: str) -> str:
        return base64.b64encode((self._folder / file).read_bytes()).decode()


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, issuer: x509.Name
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + VALID)
    )


def write_pair(
    folder: Path, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
) -> None:
    """`NAME.crt` and `NAME.key`."""
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(folder / f"{name}.key", private)


def write_private(path: Path, content: bytes) -> None:
    """A file that only its owner reads, also where there was one that others read."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)


def _subject(user: str, groups: Sequence[str] = ()) -> x509.Name:
    organisations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organisations, x509.NameAttribute(NameOID.COMMON_NAME, user)])
