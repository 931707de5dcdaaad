"""The certificates and kubeconfigs of one site's cluster, as k3s makes them on its first server.

Made once per site, before its first machine starts; a half-made folder is recreated. All of it is
shown to all machines of the site: that agents see the server's keys is one of the rig's liberties.
"""

import base64
import json
import os
import shutil
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from drill.authority import Authority, write_private

_ADMINISTRATORS = "system:masters"
_SERVICE = IPv4Address("10.43.0.1")
_LOOPBACK = IPv4Address("127.0.0.1")
_HOSTS = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "localhost",
)
_CLIENTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "admin": ("system:admin", (_ADMINISTRATORS,)),
    "apiserver-kubelet": ("kube-apiserver-kubelet", (_ADMINISTRATORS,)),
    "controller-manager": ("system:kube-controller-manager", ()),
    "scheduler": ("system:kube-scheduler", ()),
    "kube-proxy": ("system:kube-proxy", ("system:node-proxier",)),
    "k3s": ("system:k3s-supervisor", (_ADMINISTRATORS,)),
}
"""User and groups by the file's name."""


def make(
    folder: Path, *, api_host: str, server: IPv4Address, machines: Mapping[str, IPv4Address]
) -> None:
    """Make everything; does nothing where it was made.

    `server` is the machine with the API, `machines` the address of each node by its name.
    """
    if folder.exists():
        return
    making = folder.with_name(f".{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    url = _url(server)
    authority = Authority.make(making, "ca", subject="k3s-ca")
    _serve_api(authority, api_host, server)
    for name, (user, groups) in _CLIENTS.items():
        authority.client(name, user=user, groups=groups)
        authority.kubeconfig(name, url=url)
    for node, address in machines.items():
        _make_kubelet(authority, node, address, url)
    front_proxy = Authority.make(making, "front-proxy-ca", subject="k3s-front-proxy-ca")
    front_proxy.client("front-proxy", user="system:auth-proxy")
    _make_service_account(making)
    write_private(making / "encryption.json", json.dumps(_encryption()).encode())
    making.rename(folder)


def move_server(folder: Path, *, api_host: str, server: IPv4Address) -> None:
    """Let the API answer at another address than before, and lead every client there."""
    _serve_api(Authority.load(folder, "ca"), api_host, server)
    for file in folder.glob("*.kubeconfig"):
        document = json.loads(file.read_text(encoding="utf-8"))
        document["clusters"][0]["cluster"]["server"] = _url(server)
        write_private(file, json.dumps(document).encode())


def serve_at(folder: Path, *, node: str, address: IPv4Address) -> None:
    """Let the kubelet of a node answer at another address than before."""
    _serve_at(Authority.load(folder, "ca"), node, address)


def _url(server: IPv4Address) -> str:
    return f"https://{server}:6443"


def _serve_api(authority: Authority, api_host: str, server: IPv4Address) -> None:
    addresses = [_LOOPBACK, _SERVICE, server]
    authority.server("apiserver", hosts=[*_HOSTS, api_host], addresses=addresses)


def _make_kubelet(authority: Authority, node: str, address: IPv4Address, url: str) -> None:
    name = f"kubelet-{node}"
    authority.client(name, user=f"system:node:{node}", groups=["system:nodes"])
    authority.kubeconfig(name, url=url)
    _serve_at(authority, node, address)


def _serve_at(authority: Authority, node: str, address: IPv4Address) -> None:
    authority.server(f"kubelet-serving-{node}", hosts=[node], addresses=[address, _LOOPBACK])


def _make_service_account(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    write_private(folder / "service-account.key", private)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "service-account.pub").write_bytes(public)


def _encryption() -> dict[str, object]:
    """Secrets are encrypted in the store, as `secrets-encryption` has it."""
    key = {"name": "aescbckey", "secret": base64.b64encode(os.urandom(32)).decode()}
    providers: list[dict[str, object]] = [{"aescbc": {"keys": [key]}}, {"identity": {}}]
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": providers}],
    }
