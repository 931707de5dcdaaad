"""The stand-in for the k3s binary: starts the real parts of Kubernetes as k3s would.

`server` and `agent` read /etc/rancher/k3s/config.yaml as the host program wrote it. What is missing
against k3s is said in `drill.rig.emulated`: its supervisor, joining by token, snapshots.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from drill.rig.inside import cluster_reset, k3s_files, k3s_parts, kernel, pod_network
from drill.rig.inside.addons import POLL_SECONDS, Addons
from drill.rig.inside.images import import_images
from drill.rig.inside.k3s_parts import Part
from drill.rig.inside.kube_api import ApiAway, KubeApi
from drill.rig.inside.local_path import LocalPath
from drill.rig.inside.pod_network import PodNetwork

CONFIG = Path("/etc/rancher/k3s/config.yaml")
KUBECONFIG = Path("/etc/rancher/k3s/k3s.yaml")
PKI = "/rig/pki"
_LOGS = Path("/var/log/k3s")
_RESTART_SECONDS = 2.0
_WATCH_SECONDS = 2.0
_ROLES = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/etcd")


class K3s:
    """k3s on one machine, until it is told to stop."""

    def __init__(self, role: str, config: dict[str, Any]) -> None:
        self._role = role
        self._config = config
        self._data = Path(config["data-dir"])
        self._name = str(config["node-name"])
        url = "https://127.0.0.1:6443" if role == "server" else str(config["server"])
        self._api = KubeApi(url, pki=PKI, identity="k3s")
        self._stopping = threading.Event()

    def run(self) -> None:
        """Start everything in k3s' order and keep it running."""
        signal.signal(signal.SIGTERM, lambda *_: self._stopping.set())
        self._write_files()
        self._keep(k3s_parts.runtime())
        if self._role == "server":
            for part in k3s_parts.control_plane(self._config, PKI):
                self._keep(part)
            self._await_api()
            for part in k3s_parts.controllers(self._config, PKI):
                self._keep(part)
            kubectl = ("kubectl", f"--kubeconfig={KUBECONFIG}")
            kinds = Path(os.environ["RIG_K3S_KINDS"])
            addons = Addons(self._manifests(), kubectl, kinds=kinds)
            self._watch(addons.settle, every=POLL_SECONDS)
        self._import_images()
        for part in k3s_parts.node(self._config, PKI):
            self._keep(part)
        self._watch(PodNetwork(self._api, self._name).settle)
        folder = str(self._config.get("default-local-storage-path", "/data/local-path"))
        self._watch(LocalPath(self._api, node=self._name, folder=folder).settle)
        if self._role == "server":
            self._watch(self._label)
        notify("READY=1")
        self._stopping.wait()

    def _write_files(self) -> None:
        pod_network.forget()
        texts = {
            k3s_parts.CONTAINERD_CONFIG: k3s_files.containerd(
                self._config, cni=os.environ["RIG_CNI"]
            ),
            k3s_parts.KUBELET_CONFIG: json.dumps(k3s_files.kubelet(self._config, PKI)),
            f"{self._data}/agent/kubelet.kubeconfig": _pki(f"kubelet-{self._name}.kubeconfig"),
        }
        if self._role == "server":
            texts[str(KUBECONFIG)] = _pki("admin.kubeconfig")
        for path, text in texts.items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(text, encoding="utf-8")
            os.chmod(path, 0o600)
        (self._data / "agent/etc/kubelet.conf.d").mkdir(parents=True, exist_ok=True)
        _LOGS.mkdir(parents=True, exist_ok=True)

    def _manifests(self) -> Path:
        """The folder, with the manifests that k3s packs itself and the site does not disable."""
        folder = self._data / "server/manifests"
        folder.mkdir(parents=True, exist_ok=True)
        for packed in Path(os.environ["RIG_MANIFESTS"]).glob("*.yaml"):
            (folder / packed.name).write_bytes(packed.read_bytes())
        return folder

    def _await_api(self) -> None:
        while not self._api.ready() and not self._stopping.wait(0.3):
            continue

    def _import_images(self) -> None:
        while not _accepts(k3s_parts.CONTAINERD_SOCKET) and not self._stopping.wait(0.1):
            continue
        archives = sorted(Path(each) for each in os.environ["RIG_IMAGES"].split(":") if each)
        import_images(archives, self._data / "agent/images-imported")

    def _label(self) -> None:
        """What k3s' own controllers put on a server's Node."""
        labels = dict.fromkeys(_ROLES, "true")
        for node in self._api.items("/api/v1/nodes"):
            if node["metadata"]["name"] == self._name and not (
                labels.items() <= node["metadata"]["labels"].items()
            ):
                self._api.merge(f"/api/v1/nodes/{self._name}", {"metadata": {"labels": labels}})

    def _keep(self, part: Part) -> None:
        """Run a part, and again when it ends."""
        threading.Thread(target=self._run_part, args=(part,), daemon=True).start()

    def _run_part(self, part: Part) -> None:
        if not shutil.which(part.argv[0]):
            _say(f"{part.name} is not among the parts of this rig")
            return
        while not self._stopping.is_set():
            with (_LOGS / f"{part.name}.log").open("ab") as log:
                process = subprocess.Popen(
                    part.argv,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=_end_with_k3s,  # noqa: PLW1509 (no lock is held here)
                )
                code = process.wait()
            _say(f"{part.name} ended with {code}")
            self._stopping.wait(_RESTART_SECONDS)

    def _watch(self, settle: Callable[[], None], every: float = _WATCH_SECONDS) -> None:
        def loop() -> None:
            while not self._stopping.is_set():
                try:
                    settle()
                except (ApiAway, RuntimeError, subprocess.CalledProcessError) as error:
                    _say(f"{error}")
                self._stopping.wait(every)

        threading.Thread(target=loop, daemon=True).start()


def notify(state: str) -> None:
    """Tell the service manager, where it asked to be told (sd_notify)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.sendto(state.encode(), address)


def main(arguments: Sequence[str]) -> int:
    """The words of k3s that the project uses."""
    match list(arguments):
        case ["kubectl", *rest]:
            environment = {"KUBECONFIG": str(KUBECONFIG), **os.environ}
            os.execvpe("kubectl", ["kubectl", *rest], environment)  # noqa: S606
        case ["server" | "agent" as role]:
            K3s(role, json.loads(CONFIG.read_text(encoding="utf-8"))).run()
            return 0
        case ["server", "--cluster-reset"]:
            return cluster_reset.run(json.loads(CONFIG.read_text(encoding="utf-8")))
    _say(f"not on the rig: k3s {' '.join(arguments)}")
    return 1


def _accepts(address: str) -> bool:
    """Whether something listens; after a restart the file is there before the listener."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(address) == 0


def _end_with_k3s() -> None:
    kernel.die_with_parent(signal.SIGKILL)


def _pki(name: str) -> str:
    return Path(PKI, name).read_text(encoding="utf-8")


def _say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
