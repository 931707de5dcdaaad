"""The commands of a machine that cannot run here: blkid, mkfs, mount, systemctl, k3s."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from drill.sites.packet_filter import PacketFilter
from host.machine.machine import Result
from host.machine.paths import (
    DATA,
    ETCD,
    ETCD_WAL,
    GATE_UNIT,
    K3S,
    K3S_CONFIG,
    K3S_DATA,
    MAY_START_EMPTY,
    RESTORING,
)
from host.machine.rooted_files import RootedFiles
from tests.host.boot.disk import Disk
from tests.host.boot.scripted_cluster import Rejected, ScriptedCluster

OURS = {"TYPE": "xfs", "LABEL": "pgtwin-data", "UUID": "0c8a6b1e-ours"}
DONE = Result(exit_code=0, stdout="", stderr="")
TOKEN = f"{K3S_DATA}/server/token"
RESET_FLAG = f"{K3S_DATA}/server/db/reset-flag"
_LOOPBACK = "https://127.0.0.1:2380"
_MEMBER = f"{ETCD}/member/address"
"""The address that etcd's member list has."""


def failed(stderr: str, exit_code: int = 1) -> Result:
    return Result(exit_code=exit_code, stdout="", stderr=stderr)


class ScriptedShell:
    """Keeps what the commands leave: settings, units, the mount, and a datastore.

    It is as strict as the real ones where that matters: mkfs.xfs refuses a disk with a signature, a
    mount must name the filesystem's UUID, k3s starts only where its unit's asserts hold, and a
    server becomes ready only under the address that its etcd was made with. Of etcd's folder k3s
    makes the name first, then joins or makes a cluster, and only that leaves a write-ahead log. It
    restores no snapshot without its own token file, which it writes at every start.
    """

    def __init__(
        self,
        files: RootedFiles,
        disk: Disk,
        cluster: ScriptedCluster,
        others_answer: Callable[[], bool],
    ) -> None:
        self._files = files
        self._disk = disk
        self._cluster = cluster
        self._others_answer = others_answer
        self.is_cut_off_while_joining = False
        self.enabled: set[str] = set()
        self.gate_is_active = False
        self.restored_bytes = 1000
        self.started: dict[str, str] = {}
        self.sysctls = ""
        self.said = ""
        """The last line of k3s' log."""
        self.ran: list[list[str]] = []
        self.packet_filter = PacketFilter(files.path("/"))
        self.broken: dict[str, Result] = {}
        self._programs: dict[str, Callable[[list[str]], Result]] = {
            "blkid": self._blkid,
            "cmp": lambda _: DONE if self._disk.zero else failed("differ"),
            "mkfs.xfs": self._mkfs,
            "systemctl": self._systemctl,
            "mountpoint": lambda _: DONE if self.mounted else failed("is not a mountpoint"),
            "sysctl": self._sysctl,
            "nft": self._nft,
            "journalctl": lambda _: Result(exit_code=0, stdout=self.said, stderr=""),
            K3S: self._k3s,
        }

    @property
    def mounted(self) -> bool:
        return self._files.path(DATA).is_symlink()

    def run(
        self, argv: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        if argv[0] == str(self._files.path(K3S)):
            argv = [K3S, *argv[1:]]
        self.ran.append(list(argv))
        for start, result in self.broken.items():
            if " ".join(argv).startswith(start):
                return result
        program = self._programs.get(argv[0])
        return program(list(argv)) if program else DONE

    def _blkid(self, _argv: list[str]) -> Result:
        if not self._disk.signature:
            return failed("", 2)
        lines = "".join(f"{key}={value}\n" for key, value in self._disk.signature.items())
        return Result(exit_code=0, stdout=f"DEVNAME=/dev/x\n{lines}", stderr="")

    def _mkfs(self, argv: list[str]) -> Result:
        if self._disk.signature or "-f" in argv:
            return failed("appears to contain an existing filesystem")
        self._disk.formatted += 1
        self._disk.signature = OURS
        self._disk.zero = False
        return DONE

    def _sysctl(self, argv: list[str]) -> Result:
        self.sysctls = self._files.read(argv[1].removeprefix("--load=")).decode()
        return DONE

    def _nft(self, argv: list[str]) -> Result:
        return Result(**asdict(self.packet_filter.nft(argv[1:])))

    def _systemctl(self, argv: list[str]) -> Result:
        verb, unit = argv[-2:] if len(argv) > 2 else (argv[-1], "")
        if "enable" in argv:
            self.enabled.add(unit)
        if unit == GATE_UNIT and "--now" in argv and not self.gate_is_active:
            self.gate_is_active = True
            text = self._files.read(f"/etc/systemd/system/{unit}").decode()
            return self._nft(text.partition("ExecStart=/usr/sbin/")[2].splitlines()[0].split())
        if verb not in ("start", "restart"):
            return DONE
        if unit == "data.mount":
            return self._mount()
        if unit.startswith("k3s"):
            self._start_k3s(unit)
        return DONE

    def _mount(self) -> Result:
        unit = self._files.read("/etc/systemd/system/data.mount").decode()
        if f"What=/dev/disk/by-uuid/{self._disk.signature['UUID']}\n" not in unit:
            return failed("no such device")
        if not self.mounted:
            self._files.path(DATA).rmdir()
            self._files.path(DATA).symlink_to(self._disk.folder)
        return DONE

    def _start_k3s(self, unit: str) -> None:
        assert f"Requires={GATE_UNIT}\n" in self._files.read(f"/etc/systemd/system/{unit}").decode()
        assert self.gate_is_active
        config = json.loads(self._files.read(f"{K3S_CONFIG}/config.yaml"))
        assert self.mounted
        assert self._files.read(config["token-file"])
        try:
            self._cluster.admit(config["node-name"], self._password(config["node-name"]))
            if unit == "k3s.service":
                self._start_server(config)
        except Rejected as error:
            self.said = str(error)
            return
        self.started[unit] = self._files.sha256(f"{K3S_CONFIG}/config.yaml")
        self._cluster.nodes.add(config["node-name"])

    def _password(self, node: str) -> str:
        path = "/etc/rancher/node/password"
        if not self._files.exists(path):
            self._files.write(path, self._cluster.new_password(node).encode())
        return self._files.read(path).decode()

    def _start_server(self, config: dict[str, Any]) -> None:
        node = config["node-name"]
        assert self._files.exists(ETCD_WAL) or self._files.exists(MAY_START_EMPTY)
        assert not self._files.exists(RESTORING)
        if not self._files.exists(ETCD_WAL):
            if "server" in config:
                self._join(node)
                self._be_a_member_as(config["node-ip"], "joined")
            else:
                self._cluster.begin(node)
                self._be_a_member_as(config["node-ip"], "new")
        self._files.write(TOKEN, b"K10<hash>::server:" + self._files.read(config["token-file"]))
        self._files.remove(RESET_FLAG)
        self._configure_etcd(f"listen-peer-urls: {_LOOPBACK},https://{config['node-ip']}:2380\n")
        if self._files.read(_MEMBER).decode() != config["node-ip"]:
            self._cluster.nodes.discard(node)
            raise Rejected("this server is a not a member of the etcd cluster")

    def _join(self, node: str) -> None:
        if not self._others_answer():
            raise Rejected("failed to validate token: connection refused")
        name = f"{ETCD}/name"
        if not self._files.exists(name):
            self._files.write(name, self._cluster.new_member(node).encode())
        if self.is_cut_off_while_joining:
            raise Rejected("Waiting to retrieve etcd cluster member list")
        try:
            self._cluster.join(node, self._files.read(name).decode())
        except Rejected:
            self._files.remove(name)
            raise

    def _k3s(self, argv: list[str]) -> Result:
        if "--cluster-reset" in argv:
            return self._reset(argv[-1].partition("=")[2])
        if argv[1:3] == ["kubectl", "get"]:
            return self._get(argv[3:])
        if argv[1:4] == ["kubectl", "delete", "node"]:
            self._cluster.delete(argv[4])
        return DONE

    def _reset(self, snapshot: str) -> Result:
        config = json.loads(self._files.read(f"{K3S_CONFIG}/config.yaml"))
        if "server" in config:
            return failed("cannot perform cluster-reset while server URL is set")
        if snapshot:
            if not self._files.exists(TOKEN):
                return failed(f"{TOKEN} does not exist, please pass --token")
            self._be_a_member_as(config["node-ip"], f"restored from {snapshot}")
            self._files.write(f"{ETCD}/member/snap/db", b"x" * self.restored_bytes)
        elif self._files.exists(RESET_FLAG):
            return failed("Managed etcd cluster membership was previously reset")
        else:
            self._be_a_member_as(config["node-ip"])
        self._configure_etcd(
            f"initial-advertise-peer-urls: https://{config['node-ip']}:2380\n"
            f"listen-peer-urls: {_LOOPBACK}\n"
        )
        self._cluster.begin(config["node-name"])
        self._files.write(RESET_FLAG, b"")
        return DONE

    def _be_a_member_as(self, address: str, origin: str = "") -> None:
        self._files.folder(ETCD_WAL)
        self._files.write(_MEMBER, address.encode())
        if origin:
            self._files.write(f"{ETCD}/origin", origin.encode())

    def _configure_etcd(self, text: str) -> None:
        self._files.write(f"{ETCD}/config", text.encode())

    def _get(self, argv: list[str]) -> Result:
        nodes = [
            {
                "metadata": {"name": name},
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            }
            for name in sorted(self._cluster.nodes)
        ]
        if argv[0] == "nodes":
            return Result(exit_code=0, stdout=json.dumps({"items": nodes}), stderr="")
        own = [node for node in nodes if node["metadata"] == {"name": argv[1]}]
        return Result(exit_code=0, stdout=json.dumps(own[0]) if own else "", stderr="")
