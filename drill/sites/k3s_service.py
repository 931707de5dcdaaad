"""k3s on one machine, as systemd starts it: reads what k3s reads, refuses what k3s refuses.

A started k3s leaves its Node in the API, Ready at once. Containers, networks and certificates are
not emulated; an agent retries until its server answers, as systemd would let it. Of etcd there are
the folders, in k3s' order, and its member's address. The folder with the member's name is made
before anything is joined or made; what makes it a datastore is the write-ahead log, with which a
server starts, whatever else it was told (k3s pkg/etcd/etcd.go, `setName` and `IsInitialized`). It
never starts under another address than its datastore knows it by, until that was reset, which k3s
refuses where it is told to join (`Test` and `Reset`; pkg/cluster/managed.go; pkg/cli/server).
"""

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from drill.kubernetes.resource import Object
from drill.sites.control_plane import ControlPlane
from drill.sites.programs import ProgramResult

_FLAGS = frozenset(
    (
        *(
            "data-dir",
            "node-name",
            "node-ip",
            "node-label",
            "node-taint",
            "protect-kernel-defaults",
        ),
        *("server", "token-file", "agent-token-file", "advertise-address", "tls-san"),
        *("write-kubeconfig-mode", "secrets-encryption", "disable", "default-local-storage-path"),
        *("cluster-init", "etcd-snapshot-schedule-cron", "etcd-snapshot-retention", "etcd-s3"),
        *("etcd-s3-endpoint", "etcd-s3-region", "etcd-s3-bucket", "etcd-s3-folder"),
        *("kube-apiserver-arg", "kubelet-arg", "node-external-ip", "flannel-backend"),
        *("kube-controller-manager-arg", "etcd-s3-retention"),
    )
)
"""Of docs.k3s.io/cli/server and /cli/agent, those that a site may plausibly set."""
_RETRY_SECONDS = 0.2
_WAL = "member/wal"
_MACHINE = {
    **dict.fromkeys(("machineID", "systemUUID", "bootID"), "emulated"),
    **dict.fromkeys(("kernelVersion", "containerRuntimeVersion", "kubeProxyVersion"), "emulated"),
    "osImage": "Ubuntu 24.04 LTS",
    "operatingSystem": "linux",
    "architecture": "amd64",
}


class K3sService:
    """`k3s server` or `k3s agent` under systemd."""

    def __init__(
        self,
        *,
        root: Path,
        control_plane: ControlPlane,
        is_mounted: Callable[[str], bool],
        kernel_settings: Callable[[], set[str]],
    ) -> None:
        self._root = root
        self._control_plane = control_plane
        self._is_mounted = is_mounted
        self._kernel_settings = kernel_settings
        self._stop = threading.Event()
        self.log: list[str] = []
        """What journalctl shows."""

    def start(self, role: str) -> None:
        """Begin to start; returns at once, as `systemctl --no-block` does."""
        self.stop()
        self._stop = threading.Event()
        threading.Thread(target=self._run, args=(role, self._stop), daemon=True).start()

    def stop(self) -> None:
        """Stop trying to start."""
        self._stop.set()

    def _run(self, role: str, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                if self._started(role):
                    return
            except (ValueError, OSError) as error:
                self.log.append(f'level=fatal msg="{error}"')
            stop.wait(_RETRY_SECONDS)

    def _started(self, role: str) -> bool:
        if not self._is_mounted("/data"):
            raise ValueError("Assertion failed on job for k3s: /data is not a mount point")
        if not (self._root / "usr/local/bin/k3s").stat().st_mode & 0o100:
            raise ValueError("/usr/local/bin/k3s: permission denied")
        config = self._config()
        self._check(config)
        token = self._token(config["token-file"])
        if role == "server":
            self._start_server(config, token)
        elif self._control_plane.is_up:
            self._control_plane.join(role=role, token=token)
        else:
            return False
        self._register(config, role)
        self.log.append(f'level=info msg="{role} {config["node-name"]} is up"')
        return True

    def _start_server(self, config: dict[str, Any], token: str) -> None:
        etcd = self._etcd(config)
        joins = "server" in config
        if joins and not self._control_plane.is_up and not (etcd / _WAL).is_dir():
            raise ValueError(f"failed to validate token: {config['server']}: connection refused")
        etcd.mkdir(parents=True, exist_ok=True)
        (etcd / "name").write_text(config["node-name"], encoding="utf-8")
        if joins and self._control_plane.is_up:
            self._control_plane.join(role="server", token=token)
            self._be_the_member_that_it_was(config)
            return
        self._be_the_member_that_it_was(config)
        self._control_plane.serve(
            server_token=token,
            agent_token=self._token(config["agent-token-file"]),
            manifests=self._path(config["data-dir"]) / "server/manifests",
            issuer=_issuer(config),
        )

    def command(self, arguments: Sequence[str]) -> ProgramResult:
        """`k3s server --cluster-reset`: etcd becomes a cluster of one under the own address."""
        if list(arguments) != ["server", "--cluster-reset"]:
            return ProgramResult(exit_code=1, stderr=f"not emulated: k3s {arguments}\n")
        config = self._config()
        if "server" in config:
            told = "cannot perform cluster-reset while server URL is set\n"
            return ProgramResult(exit_code=1, stderr=told)
        flag = self._path(config["data-dir"]) / "server/db/reset-flag"
        if flag.exists():
            told = "Managed etcd cluster membership was previously reset\n"
            return ProgramResult(exit_code=1, stderr=told)
        (self._etcd(config) / "config").write_text(_peer(config), encoding="utf-8")
        flag.touch()
        return ProgramResult()

    def _be_the_member_that_it_was(self, config: dict[str, Any]) -> None:
        etcd = self._etcd(config)
        (etcd.parent / "reset-flag").unlink(missing_ok=True)
        if not (etcd / _WAL).is_dir():
            (etcd / "config").write_text(_peer(config), encoding="utf-8")
            (etcd / _WAL).mkdir(parents=True)
        known = (etcd / "config").read_text(encoding="utf-8")
        if known != _peer(config):
            raise ValueError(
                f"this server is a not a member of the etcd cluster. Found {known.strip()}, "
                f"expect: {_peer(config).strip()}"
            )

    def _etcd(self, config: dict[str, Any]) -> Path:
        return self._path(config["data-dir"]) / "server/db/etcd"

    def _config(self) -> dict[str, Any]:
        # The host program writes JSON, which k3s reads as YAML.
        text = self._path("/etc/rancher/k3s/config.yaml").read_text(encoding="utf-8")
        config: dict[str, Any] = json.loads(text)
        return config

    def _check(self, config: dict[str, Any]) -> None:
        unknown = sorted(set(config) - _FLAGS)
        if unknown:
            raise ValueError(f"flag provided but not defined: --{unknown[0]}")
        for label in config.get("node-label", ()):
            if label.startswith("node-role.kubernetes.io/"):
                raise ValueError(f"unknown labels specified with --node-label: {label}")
        if config.get("protect-kernel-defaults") and not self._kernel_settings():
            raise ValueError("invalid kernel flag: vm/overcommit_memory, expected value: 1")

    def _token(self, path: str) -> str:
        file = self._path(path)
        if file.stat().st_mode & 0o077:
            raise ValueError(f"{path} may be read by others")
        return file.read_text(encoding="utf-8").strip()

    def _register(self, config: dict[str, Any], role: str) -> None:
        api = self._control_plane.api
        name = config["node-name"]
        labels = dict(label.split("=", 1) for label in config.get("node-label", ()))
        labels |= {"kubernetes.io/hostname": name}
        if role == "server":
            labels |= {"node-role.kubernetes.io/control-plane": "true"}
        node: Object = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": labels},
            "spec": {"taints": [_taint(text) for text in config.get("node-taint", ())]},
        }
        if api.get("node", name) is None:
            api.create(node)
        status = {
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
            "addresses": [{"type": "InternalIP", "address": config["node-ip"]}],
            "nodeInfo": {**_MACHINE, "kubeletVersion": self._version()},
        }
        api.patch_status("node", name, status, "")

    def _version(self) -> str:
        return self._path("/usr/local/bin/k3s").read_text(encoding="utf-8").split()[-1]

    def _path(self, path: str) -> Path:
        return self._root / path.lstrip("/")


def _issuer(config: dict[str, Any]) -> str | None:
    """By what name tokens are signed, where that is put before k3s' own (k3s pkg/util/args.go)."""
    for argument in config.get("kube-apiserver-arg", ()):
        name, _, value = argument.partition("=")
        if name == "service-account-issuer-":
            return str(value)
    return None


def _peer(config: dict[str, Any]) -> str:
    return f"listen-peer-urls: https://127.0.0.1:2380,https://{config['node-ip']}:2380\n"


def _taint(text: str) -> dict[str, str]:
    key_value, _, effect = text.partition(":")
    key, _, value = key_value.partition("=")
    return {"key": key, "value": value, "effect": effect}
