"""The real CloudNativePG and Barman Cloud plugin beside a real API server, without pods."""

import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.contract.real.control_plane import ControlPlane
from tests.contract.real.inside import SERVICE_ADDRESS
from tests.contract.real.namespaces import Namespaces, Part

_NAMESPACE = "cnpg-system"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_HERE = Path(__file__).parent


class Operators:
    """Reconcile whatever is applied; the operator's webhooks answer.

    The operator finds the plugin by its socket instead of by its Service, whose name only a DNS of
    the cluster could resolve.
    """

    def __init__(
        self,
        *,
        namespaces: Namespaces,
        control_plane: ControlPlane,
        parts: Mapping[str, Path],
        folder: Path,
    ) -> None:
        self._namespaces = namespaces
        self._control_plane = control_plane
        self._parts = parts
        self._folder = folder

    def start(self) -> None:
        """Install both and start them; return when the webhooks answer."""
        operator = _documents(self._parts["operator-manifests"] / "operator.yaml")
        plugin = _documents(self._parts["plugin-manifests"] / "plugin.yaml")
        plugin_crds = [each for each in plugin if each["kind"] == "CustomResourceDefinition"]
        for each in (*operator, *plugin_crds, _endpoint()):
            self._apply(each)
        self._namespaces.start(self._plugin())
        self._namespaces.start(self._operator())

    def _apply(self, value: Any) -> None:
        subprocess.run(
            [*self._control_plane.kubectl(), "apply", "--server-side", "-f", "-"],
            input=json.dumps(value, default=str).encode(),
            capture_output=True,
            check=True,
        )

    def _plugin(self) -> Part:
        sockets = self._folder / "plugins"
        sockets.mkdir()
        socket = sockets / "barman-cloud.cloudnative-pg.io"
        return Part(
            name="plugin-barman-cloud",
            command=(
                str(self._parts["plugin"] / "bin/manager"),
                *("operator", f"--plugin-path={sockets}"),
            ),
            environment={
                "KUBECONFIG": str(self._control_plane.kubeconfig),
                "SIDECAR_IMAGE": "sidecar:contract",
            },
            ready=("test", "-S", str(socket)),
            folder=self._folder,
        )

    def _operator(self) -> Part:
        home = self._folder / "operator-home"
        (home / "operator").mkdir(parents=True)
        architecture = _ARCHITECTURES[platform.machine()]
        # The operator tells by these files for which machines it has an instance manager.
        manager = self._parts["operator"] / "bin/manager"
        (home / "operator" / f"manager_{architecture}").symlink_to(manager)
        kubectl = self._control_plane.kubectl_inside()
        return Part(
            name="cloudnative-pg",
            command=(
                *(str(manager), "controller", "--webhook-port=9443"),
                "--config-map-name=cnpg-controller-manager-config",
                "--secret-name=cnpg-controller-manager-config",
            ),
            environment={
                "KUBECONFIG": str(self._control_plane.kubeconfig),
                "OPERATOR_NAMESPACE": _NAMESPACE,
                "OPERATOR_IMAGE_NAME": "operator:contract",
                "MONITORING_QUERIES_CONFIGMAP": "cnpg-default-monitoring",
                "PLUGIN_SOCKET_DIR": str(self._folder / "plugins"),
            },
            ready=(sys.executable, str(_HERE / "mount_secret.py"), *kubectl),
            folder=home,
        )


def _documents(file: Path) -> list[Any]:
    return [each for each in yaml.safe_load_all(file.read_text(encoding="utf-8")) if each]


def _endpoint() -> dict[str, Any]:
    """Where the webhooks' Service leads: to the operator's process."""
    service = "cnpg-webhook-service"
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": service,
            "namespace": _NAMESPACE,
            "labels": {"kubernetes.io/service-name": service},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [SERVICE_ADDRESS], "conditions": {"ready": True}}],
        "ports": [{"name": "", "port": 9443, "protocol": "TCP"}],
    }
