"""One deployed EC2 instance as a scratch folder in which its own user-data can run.

The environment of what runs there: the endpoint of its region, its metadata service, a PATH with
this machine's programs only, and the command by which its site's API is reached. Credentials come
from the metadata service, as on the machine itself.
"""

import base64
import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError

from drill.ground_site import Ran
from drill.sites.control_plane import ControlPlane
from drill.sites.disks import Disks
from drill.sites.k3s_service import K3sService
from drill.sites.packet_filter import PacketFilter
from drill.sites.programs import Program, ProgramResult, ProgramServer
from drill.sites.systemd import Systemd
from drill.sites.volume import Volume

_BORROWED = ("bash", "cat", "cp", "date", "mkdir", "openssl", "sh", "sleep", "stat", "tee")
"""Programs of this computer that a machine may use as they are."""
_FOLDERS = ("var/log", "var/lib", "etc/systemd/system", "usr/local/bin", "tmp")
BOOT_SECONDS = 1200.0
"""Ends only what hangs: machines that boot side by side take about 35 s on two idle cores."""
PATIENT_METADATA = {
    "AWS_METADATA_SERVICE_TIMEOUT": "30",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3",
}
"""The SDK's own second for one attempt would measure this computer and not the machine."""
_DISK_POLL_SECONDS = 0.5
_END_WITH_DRILL = '"$@" & child=$!; read -r _; kill -9 "$child"'
"""Runs a program that would outlive this process, until the standard input is closed."""
_KUBECTL = """\
#!/bin/sh
# It lives for moments, in which Go's collector takes a sixth of the processor time.
GOGC=off
export GOGC
# The API of the drill asks for no credentials, and an agent has none of a kubelet.
for argument; do
  shift
  case $argument in --kubeconfig=*) ;; *) set -- "$@" "$argument" ;; esac
done
exec {program} --server={server} "$@"
"""


class Machine:
    """Exists from construction until `close`; its volumes lie beside it and stay."""

    def __init__(
        self,
        *,
        instance: dict[str, Any],
        region_endpoint: str,
        imds_endpoint: str,
        ec2: Any,
        control_plane: ControlPlane,
        work: Path,
        start: Callable[[list[str]], list[str]] = lambda program: [sys.executable, *program],
    ) -> None:
        self.instance_id = str(instance["InstanceId"])
        self.tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
        self.node = self.tags["pgtwin:node"]
        # A machine that is recreated begins with an empty root.
        self.root = work / self.node / self.instance_id / "root"
        self._bin = work / self.node / self.instance_id / "bin"
        self._volumes = work / "volumes"
        self._ec2 = ec2
        self._start = start
        self._sysctls: set[str] = set()
        self._closing = threading.Event()
        for folder in _FOLDERS:
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        self.disks = Disks(root=self.root, attached=self._attached)
        self.k3s = K3sService(
            root=self.root,
            control_plane=control_plane,
            is_mounted=self.disks.is_mounted,
            kernel_settings=lambda: self._sysctls,
        )
        self.packet_filter = PacketFilter(self.root)
        self.systemd = Systemd(
            root=self.root,
            disks=self.disks,
            k3s=self.k3s,
            packet_filter=self.packet_filter,
            spawn=self._spawn,
        )
        self._programs = ProgramServer(self._emulated(), folder=self._bin)
        self._borrow(kubernetes=control_plane.api.url)
        self.environment = {
            "PATH": str(self._bin),
            "HOME": str(self.root),
            "PGTWIN_ROOT": str(self.root),
            "PGTWIN_KUBECTL": str(self._bin / "kubectl"),
            "AWS_ENDPOINT_URL": region_endpoint,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": imds_endpoint,
            **PATIENT_METADATA,
        }
        threading.Thread(target=self._show_devices, daemon=True).start()

    @property
    def calls(self) -> Sequence[tuple[str, ...]]:
        """Every call of an emulated program so far."""
        return tuple(self._programs.calls)

    def boot(self) -> Ran:
        """Run the instance's own user-data with bash, as cloud-init does at the first start."""
        attribute = self._ec2.describe_instance_attribute(
            InstanceId=self.instance_id, Attribute="userData"
        )
        script = self.root / "user-data"
        text = base64.b64decode(attribute["UserData"]["Value"])
        # moto encodes once more what Fn::Base64 had encoded.
        script.write_bytes(text if text.startswith(b"#!") else base64.b64decode(text))
        return self._run([str(self._bin / "bash"), str(script)], BOOT_SECONDS)

    def run(self, *arguments: str, timeout_seconds: float = 300) -> Ran:
        """Run the installed host program with a verb, as SSM's document does."""
        return self._run(self._host_program(arguments), timeout_seconds)

    def log(self) -> str:
        """What user-data and the program printed so far."""
        file = self.root / "var/log/pgtwin-user-data.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def volume(self) -> Volume:
        """The data volume with this machine's tags, whether it is attached or not."""
        tags = ("pgtwin:system", "pgtwin:site", "pgtwin:node")
        wanted = [{"Name": f"tag:{tag}", "Values": [self.tags[tag]]} for tag in tags]
        found = self._ec2.describe_volumes(Filters=wanted)["Volumes"][0]["VolumeId"]
        return Volume(volume_id=found, folder=self._volumes / found)

    def power_on(self) -> None:
        """What systemd starts by itself, before anything else runs."""
        self.systemd.power_on()

    def power_off(self) -> None:
        """What ran by systemd ends, and what the kernel held is gone."""
        self.systemd.power_off()

    def close(self) -> None:
        """Switch the machine off; the scratch folder stays for whoever wants to look."""
        self._closing.set()
        self.power_off()
        self.k3s.stop()
        self._programs.close()

    def _host_program(self, arguments: Sequence[str]) -> list[str]:
        program = self.root / "var/lib/pgtwin/bundles/current/host.pyz"
        return self._start([str(program), "--root", str(self.root), *arguments])

    def _spawn(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        log_file = self.root / f"var/log/pgtwin-{arguments[0]}.log"
        with log_file.open("a", encoding="utf-8") as log:
            shell = [str(self._bin / "sh"), "-c", _END_WITH_DRILL, "sh"]
            return subprocess.Popen(
                [*shell, *self._host_program(arguments)],
                env=self.environment,
                cwd=self.root,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def _run(self, command: Sequence[str], timeout_seconds: float) -> Ran:
        process = subprocess.Popen(
            command,
            env=self.environment,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            stdout, stderr = process.communicate(timeout=timeout_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # bash alone would leave the program running
            process.communicate()
            raise
        return Ran(exit_code=process.returncode, stdout=stdout, stderr=stderr)

    def _attached(self) -> Sequence[Volume]:
        held = [{"Name": "attachment.instance-id", "Values": [self.instance_id]}]
        found = self._ec2.describe_volumes(Filters=held)["Volumes"]
        return [
            Volume(volume_id=each["VolumeId"], folder=self._volumes / each["VolumeId"])
            for each in found
        ]

    def _show_devices(self) -> None:
        while not self._closing.wait(_DISK_POLL_SECONDS):
            if not self.disks.is_mounted("/data"):
                with contextlib.suppress(BotoCoreError):  # the region is cut off
                    self.disks.refresh()

    def _sysctl(self, arguments: Sequence[str]) -> ProgramResult:
        file = self.root / arguments[0].partition("=")[2].lstrip("/")
        self._sysctls |= set(file.read_text(encoding="utf-8").split())
        return ProgramResult()

    def _emulated(self) -> Mapping[str, Program]:
        return {
            **self.disks.programs,
            **self.systemd.programs,
            **self.packet_filter.programs,
            **dict.fromkeys(("apt-get", "sync"), lambda _: ProgramResult()),
            "sysctl": self._sysctl,
            "k3s": self.k3s.command,
        }

    def _borrow(self, *, kubernetes: str) -> None:
        for name in _BORROWED:
            found = shutil.which(name)
            if found and not (self._bin / name).exists():
                (self._bin / name).symlink_to(os.path.realpath(found))
        kubectl = _KUBECTL.format(program=_program("kubectl"), server=kubernetes)
        _write_program(self._bin / "kubectl", kubectl)
        start = shlex.join(self._start([]))
        _write_program(self._bin / "python3", f'#!/bin/sh\nexec {start} "$@"\n')


def _write_program(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def _program(name: str) -> str:
    """Where a program of the set-up is: on PATH, or beside the Python that runs this."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        raise FileNotFoundError(f"no {name} beside {sys.executable} - run: make .venv/.ready-dev")
    return shlex.quote(found)
