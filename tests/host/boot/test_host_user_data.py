"""The user-data, run by real bash in a scratch root, down to the program's first steps.

Real: bash, python3, boto3, the zipapp, SSM and S3 (moto over HTTP), IMDSv2 on loopback. Replaced by
recorders on PATH: apt-get, systemctl, sysctl, sleep, sync. systemctl starts and enables no unit of
which there is no file, as the real one.
"""

import fcntl
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from host.deadlines import PASSING_FAULT_SECONDS
from stacks.build_bundle import host_program
from stacks.site_document import site_document
from tests.host.boot.metadata_server import MetadataServer
from tests.waiting import eventually
from topology.load import load

REPOSITORY = Path(__file__).parents[3]
USER_DATA = REPOSITORY / "host" / "user_data.sh"
REGION = "eu-west-1"
TAGS = {"system": "pgtwin", "site": "primary", "role": "server", "node": "server-1"}
RECORDER = """#!/bin/bash
echo "${0##*/} $*" >> "$RECORD"
if [ -s "$FAILURES/${0##*/}" ]; then
  read -r how < "$FAILURES/${0##*/}"
  sed -i 1d "$FAILURES/${0##*/}"
  [ "$how" = "cut the power" ] && kill -KILL 0
  exit 100
fi
"""
SYSTEMCTL = f"""{RECORDER}
unit=${{!#}}
case "$1 $unit" in
  start\\ *.service | enable\\ *.service)
    [ -e "$PGTWIN_ROOT/etc/systemd/system/$unit" ] && exit 0
    echo "Failed to $1 $unit: Unit $unit not found."
    exit 5 ;;
esac
"""
MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stderr=subprocess.STDOUT, start_new_session=True)
code = done.returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def zipped(code: str) -> bytes:
    """A program that runs `code`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("__main__.py", code)
    return packed.getvalue()


@dataclass(frozen=True, kw_only=True)
class Run:
    exit_code: int
    output: str
    max_rss_mib: float


class BlankMachine:
    """A scratch root with recorders on PATH, and the AWS around it."""

    def __init__(self, folder: Path, aws: str, metadata: MetadataServer) -> None:
        self.root, self.record = folder / "root", folder / "record"
        self._metadata = metadata
        self._failures = folder / "failures"
        self._bin = folder / "bin"
        for made in (self.root / "var" / "log", self._failures, self._bin):
            made.mkdir(parents=True)
        self.record.touch()
        for name in ("apt-get", "systemctl", "sysctl", "sleep", "sync"):
            (self._bin / name).write_text(SYSTEMCTL if name == "systemctl" else RECORDER)
            (self._bin / name).chmod(0o755)
        credentials = {"AWS_ACCESS_KEY_ID": "role", "AWS_SECRET_ACCESS_KEY": "role"}
        self._environment = {
            **credentials,
            "AWS_ENDPOINT_URL": aws,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{metadata.url}/",
            "PGTWIN_ROOT": str(self.root),
            "PATH": f"{self._bin}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "RECORD": str(self.record),
            "FAILURES": str(self._failures),
        }
        self.ssm = boto3.client("ssm", region_name=REGION, endpoint_url=aws)
        self.s3 = boto3.client("s3", region_name=REGION, endpoint_url=aws)

    @property
    def signals(self) -> list[dict[str, str]]:
        return self._metadata.signals

    @property
    def slept_seconds(self) -> float:
        """How long all calls of `sleep` would have taken; here they return at once."""
        calls = (call.split() for call in self.record.read_text().splitlines())
        return sum(float(call[1]) for call in calls if call[0] == "sleep")

    def fail(self, program: str, times: int) -> None:
        (self._failures / program).write_text("fail\n" * times)

    def cut_the_power_in(self, program: str) -> None:
        (self._failures / program).write_text("cut the power\n")

    def let_time_pass(self, seconds: float) -> None:
        """For every file that the user-data has left."""
        for path in (self.root / "opt/pgtwin").iterdir():
            before = path.stat().st_mtime - seconds
            os.utime(path, (before, before))

    def run_installation_unit(self) -> Run | None:
        """What systemd does at a later start; None where the unit's condition does not hold."""
        text = (self.root / "etc/systemd/system/pgtwin-install.service").read_text()
        settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        assert settings["WantedBy"] == "multi-user.target"
        if Path(settings["ConditionPathExists"].removeprefix("!")).exists():
            return None
        return self._run(*settings["ExecStart"].split())

    def publish(self, program: bytes, sha256: str | None = None) -> None:
        document = site_document(load(REPOSITORY / "config" / "default.yaml"), "primary")
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("host.pyz", program)
            archive.writestr("site.json", json.dumps(document))
        found = hashlib.sha256(buffer.getvalue()).hexdigest()
        self.s3.put_object(Bucket="assets", Key="b.zip", Body=buffer.getvalue())
        self.parameter(
            "bundle",
            json.dumps({"bucket": "assets", "key": "b.zip", "sha256": sha256 or found}),
        )

    def parameter(self, name: str, value: str) -> None:
        path = f"/pgtwin/pgtwin/primary/{name}"
        self.ssm.put_parameter(Name=path, Value=value, Type="String", Overwrite=True)

    def run_program(self, verb: str) -> str:
        program = self.root / "opt/pgtwin/host.pyz"
        return subprocess.run(
            [sys.executable, str(program), "--root", str(self.root), verb],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    def start(self) -> Run:
        return self._run("bash", str(USER_DATA))

    def _run(self, *command: str) -> Run:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, *command],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        *_, max_rss_kib = done.stderr.split()
        return Run(
            exit_code=done.returncode,
            output=done.stdout,
            max_rss_mib=int(max_rss_kib) / 1024,
        )


@pytest.fixture(scope="module")
def program() -> bytes:
    """The host program as a deployment packs it."""
    return host_program()


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    location: Any = {"LocationConstraint": REGION}
    s3 = boto3.client("s3", region_name=REGION, endpoint_url=url)
    s3.create_bucket(Bucket="assets", CreateBucketConfiguration=location)
    yield url
    server.stop()


@pytest.fixture
def machine(tmp_path: Path, aws: str, program: bytes) -> Iterator[BlankMachine]:
    tags = {f"pgtwin:{key}": value for key, value in TAGS.items()}
    with MetadataServer(tags, REGION) as metadata:
        made = BlankMachine(tmp_path, aws, metadata)
        made.parameter("signal", f"{metadata.url}/signal")
        made.publish(program)
        yield made


def test_installs_fetches_and_starts_the_program(machine: BlankMachine, program: bytes) -> None:
    machine.fail("sysctl", 1)

    run = machine.start()

    recorded = machine.record.read_text().splitlines()
    assert recorded[:4] == [
        "systemctl enable pgtwin-install.service",
        "sync ",
        "apt-get update",
        "apt-get install --yes --no-install-recommends python3-boto3 xfsprogs",
    ]
    assert "systemctl enable pgtwin-boot.service" in recorded
    assert (machine.root / "opt/pgtwin/host.pyz").read_bytes() == program
    assert (machine.root / "usr/local/bin/pgtwin-host").stat().st_mode & 0o777 == 0o755
    assert "info installation: " in run.output


def test_the_program_is_smaller_than_256_kib(program: bytes) -> None:
    assert len(program) < 256 * 1024


def test_a_boot_that_fails_is_left_to_its_unit_and_fails_no_deployment(
    machine: BlankMachine,
) -> None:
    machine.fail("sysctl", 1)

    run = machine.start()

    assert not machine.signals
    assert machine.record.read_text().splitlines()[-1] == (
        "systemctl start --no-block pgtwin-boot.service"
    )
    assert run.exit_code == 0
    assert machine.slept_seconds < 10
    assert run.max_rss_mib < 100


def test_a_program_becomes_the_one_in_the_newest_bundle(machine: BlankMachine) -> None:
    machine.fail("sysctl", 2)
    machine.start()
    machine.publish(zipped("import sys; print('the newer one', sys.argv[1:])"))

    again = machine.run_program("boot")

    assert f"the newer one ['--root', '{machine.root}', 'boot']" in again


def test_tries_again_while_the_way_to_the_internet_is_not_there(machine: BlankMachine) -> None:
    machine.fail("apt-get", 3)
    machine.fail("sysctl", 1)

    run = machine.start()

    assert machine.record.read_text().count("apt-get update") == 4
    assert "info installation: " in run.output


def test_a_bundle_with_another_hash_is_not_run_and_is_signalled(machine: BlankMachine) -> None:
    machine.publish(b"another program", sha256="0" * 64)

    run = machine.start()

    assert run.exit_code != 0
    assert not (machine.root / "opt/pgtwin/host.pyz").exists()
    (signal,) = machine.signals
    assert signal["Status"] == "FAILURE"
    assert signal["UniqueId"] == "server-1"
    assert "s3://assets/b.zip is not 000" in signal["Reason"]
    assert machine.slept_seconds < 10


def test_packages_that_do_not_come_are_tried_for_again_by_the_unit(machine: BlankMachine) -> None:
    machine.fail("apt-get", 9)
    machine.fail("sysctl", 1)

    run = machine.start()

    assert run.exit_code != 0
    assert not machine.signals
    assert machine.record.read_text().splitlines()[-1] == (
        "systemctl start --no-block pgtwin-install.service"
    )
    again = machine.run_installation_unit()
    assert again is not None
    assert "info installation: " in again.output


def test_packages_that_never_come_are_signalled_after_a_quarter_of_an_hour(
    machine: BlankMachine,
) -> None:
    machine.fail("apt-get", 100)
    machine.start()
    machine.let_time_pass(PASSING_FAULT_SECONDS)

    again = machine.run_installation_unit()

    assert again is not None
    assert again.exit_code != 0, "the unit tries again only after a failure"
    assert [signal["Status"] for signal in machine.signals] == ["FAILURE"]


def test_a_slow_installation_has_its_quarter_of_an_hour_from_its_first_failure(
    machine: BlankMachine,
) -> None:
    machine.cut_the_power_in("apt-get")
    machine.start()
    machine.let_time_pass(PASSING_FAULT_SECONDS)
    machine.fail("apt-get", 9)

    again = machine.run_installation_unit()

    assert again is not None
    assert again.exit_code != 0
    assert not machine.signals


def test_a_boot_that_fails_before_it_has_a_unit_is_tried_again_by_the_installation(
    machine: BlankMachine, program: bytes
) -> None:
    machine.publish(zipped("raise SystemExit(3)"))

    run = machine.start()

    assert run.exit_code != 0
    assert not machine.signals
    assert machine.record.read_text().splitlines()[-2:] == [
        "sleep 1",
        "systemctl start --no-block pgtwin-install.service",
    ]
    machine.publish(program)
    machine.fail("sysctl", 1)
    again = machine.run_installation_unit()
    assert again is not None
    assert again.exit_code == 0
    assert "info installation: " in again.output


def test_a_boot_that_never_gets_as_far_as_its_unit_is_signalled_after_a_quarter_of_an_hour(
    machine: BlankMachine,
) -> None:
    machine.publish(zipped("raise SystemExit(3)"))
    machine.start()
    machine.let_time_pass(PASSING_FAULT_SECONDS)

    again = machine.run_installation_unit()

    assert again is not None
    assert again.exit_code != 0, "the unit tries again only after a failure"
    assert [signal["Status"] for signal in machine.signals] == ["FAILURE"]


def _nothing_runs(machine: BlankMachine) -> bool:
    """Without power nothing holds a lock; here the kernel takes a moment to end what was killed."""
    path = machine.root / "run/pgtwin/boot.lock"
    if not path.exists():
        return True
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


@pytest.mark.parametrize("during", ["apt-get", "sysctl"])
def test_an_installation_that_lost_its_power_goes_on_at_the_next_start(
    machine: BlankMachine, during: str
) -> None:
    machine.cut_the_power_in(during)
    machine.start()
    eventually(lambda: _nothing_runs(machine))
    machine.fail("sysctl", 1)

    again = machine.run_installation_unit()

    assert again is not None
    assert "info installation: " in again.output
    assert not machine.signals


def test_the_unit_leaves_an_installed_machine_alone(machine: BlankMachine) -> None:
    machine.fail("sysctl", 1)
    machine.start()
    enabled = machine.root / "etc/systemd/system/multi-user.target.wants/pgtwin-boot.service"
    enabled.parent.mkdir(exist_ok=True)
    enabled.touch()  # as `systemctl enable` would, which is only recorded here

    assert machine.run_installation_unit() is None


def test_is_short_constant_and_free_of_versions() -> None:
    text = USER_DATA.read_text()

    assert len(text.encode()) < 4096
    assert text.startswith("#!/bin/bash\n")
    assert text.isascii()
    assert "__ACCOUNT_ID__" not in text
    assert "eu-west" not in text


def test_shellcheck_finds_nothing() -> None:
    checked = subprocess.run(
        ["shellcheck", str(USER_DATA)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.stdout == ""


@pytest.mark.skipif(shutil.which("cloud-init") is None, reason="cloud-init is not installed")
def test_cloud_init_takes_it_for_a_script() -> None:
    # `cloud-init schema` judges cloud-config only; what decides about a script is its first bytes.
    code = (
        "import sys; from cloudinit.handlers import type_from_starts_with as kind;"
        "print(kind(sys.stdin.read()))"
    )
    kind = subprocess.run(
        ["/usr/bin/python3", "-c", code],
        input=USER_DATA.read_text(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert kind.stdout == "text/x-shellscript\n"
