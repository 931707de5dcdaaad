"""A real API server on a real etcd, with one administrator and one kubeconfig."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contract.real.inside import SERVICE_ADDRESS
from tests.contract.real.namespaces import Namespaces, Part

_ETCD = "http://127.0.0.1:2379"
API = "https://127.0.0.1:6443"
_TOKEN = "contract"
_WAIT = str(Path(__file__).with_name("wait_for_url.py"))


class ControlPlane:
    """etcd and kube-apiserver; webhooks and Services work as in a cluster, controllers do not run.

    Pods are admitted without a ServiceAccount, which only a controller would have made.
    """

    def __init__(
        self, *, namespaces: Namespaces, parts: Mapping[str, Path], kubectl: str, folder: Path
    ) -> None:
        self._namespaces = namespaces
        self._parts = parts
        self._kubectl = kubectl
        self._folder = folder
        self.kubeconfig = folder / "kubeconfig"

    def start(self) -> None:
        """Start both; return when the API server is ready."""
        self._write_key()
        self._write_access()
        self._namespaces.start(self._etcd())
        self._namespaces.start(self._api_server())

    def kubectl(self) -> list[str]:
        """The command that reaches it as its administrator."""
        return self._namespaces.entered(*self.kubectl_inside())

    def kubectl_inside(self) -> list[str]:
        """The same for a process that is in the namespaces already."""
        return [self._kubectl, f"--kubeconfig={self.kubeconfig}"]

    def _etcd(self) -> Part:
        return Part(
            name="etcd",
            command=(
                str(self._parts["etcd"] / "bin/etcd"),
                f"--data-dir={self._folder / 'etcd'}",
                f"--listen-client-urls={_ETCD}",
                f"--advertise-client-urls={_ETCD}",
                "--listen-peer-urls=http://127.0.0.1:2380",
                "--unsafe-no-fsync",
            ),
            ready=(sys.executable, _WAIT, f"{_ETCD}/health"),
            folder=self._folder,
        )

    def _api_server(self) -> Part:
        key = self._folder / "service-accounts.key"
        return Part(
            name="kube-apiserver",
            command=(
                str(self._parts["kubernetes"] / "bin/kube-apiserver"),
                f"--etcd-servers={_ETCD}",
                "--bind-address=127.0.0.1",
                "--secure-port=6443",
                f"--advertise-address={SERVICE_ADDRESS}",
                f"--cert-dir={self._folder / 'certificates'}",
                f"--token-auth-file={self._folder / 'tokens.csv'}",
                "--authorization-mode=RBAC",
                "--service-cluster-ip-range=10.98.0.0/16",
                f"--service-account-issuer={API}",
                f"--service-account-key-file={key}",
                f"--service-account-signing-key-file={key}",
                # Webhooks are called at their endpoints: nobody makes cluster addresses lead there.
                "--enable-aggregator-routing=true",
                "--disable-admission-plugins=ServiceAccount",
            ),
            ready=(*self.kubectl_inside(), "get", "--raw", "/readyz"),
            folder=self._folder,
        )

    def _write_key(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        (self._folder / "service-accounts.key").write_bytes(pem)

    def _write_access(self) -> None:
        (self._folder / "tokens.csv").write_text(f"{_TOKEN},admin,admin,system:masters\n")
        cluster = {"server": API, "insecure-skip-tls-verify": True}
        context = {"cluster": "contract", "user": "admin"}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "contract",
            "clusters": [{"name": "contract", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": _TOKEN}}],
            "contexts": [{"name": "contract", "context": context}],
        }
        self.kubeconfig.write_text(json.dumps(document))
