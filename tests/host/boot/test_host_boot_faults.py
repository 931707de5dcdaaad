"""What goes wrong in a boot: said clearly, told to CloudFormation when it cannot pass by itself or
has not passed in time, nothing formatted, nothing started.
"""

import errno
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core import set_initial_no_auth_action_count

from host.deadlines import LAST_TRY_SECONDS, PASSING_FAULT_SECONDS
from host.errors import Failed
from host.explain import explain
from host.machine.paths import K3S
from host.site import Site
from host.verbs.boot import run
from tests.host.boot.scripted_shell import failed
from tests.host.boot.world import BOOT, Booted, World

Break = Callable[[World, Booted], None]
SIGNALLED_WITHIN_SECONDS = 10


def foreign_filesystem(_world: World, booted: Booted) -> None:
    booted.disk.signature = {"TYPE": "ext4", "LABEL": "photos", "UUID": "1"}


def xfs_of_somebody_else(_world: World, booted: Booted) -> None:
    booted.disk.signature = {"TYPE": "xfs", "UUID": "1"}


def partition_table(_world: World, booted: Booted) -> None:
    booted.disk.signature = {"PTTYPE": "gpt", "PTUUID": "1"}


def data_without_a_signature(_world: World, booted: Booted) -> None:
    booted.disk.zero = False


def two_signatures(_world: World, booted: Booted) -> None:
    booted.shell.broken["blkid"] = failed("ambivalent result", 8)


def volume_missing(world: World, _booted: Booted) -> None:
    volume = world.volumes("server-1")[0]["VolumeId"]
    world.aws.client("ec2").delete_volume(VolumeId=volume)


def volume_attached_elsewhere(world: World, _booted: Booted) -> None:
    world.attach("server-1", generation=2)


def secret_missing(world: World, _booted: Booted) -> None:
    world.aws.client("secretsmanager").delete_secret(
        SecretId="pgtwin/primary/k3s-server-token", ForceDeleteWithoutRecovery=True
    )


def secret_of_another_kind(world: World, _booted: Booted) -> None:
    world.aws.client("secretsmanager").put_secret_value(
        SecretId="pgtwin/primary/k3s-server-token", SecretString="K10abc::server:x"
    )


def k3s_of_another_hash(_world: World, booted: Booted) -> None:
    booted.web.content = b"not k3s"


def bundle_of_another_hash(world: World, _booted: Booted) -> None:
    world.publish(world.bundle(), sha256="0" * 64)


def placeholder_left(world: World, _booted: Booted) -> None:
    world.publish(world.bundle(manifests__20_json=b'[{"a": "__REGION__"}]'))


def token_left(world: World, _booted: Booted) -> None:
    world.publish(world.bundle(manifests__20_json=b'[{"a": "${Token[TOKEN.12]}"}]'))


def way_out_of_the_folder(world: World, _booted: Booted) -> None:
    world.publish(world.bundle(__etc__passwd=b""))


def site_document_of_the_future(world: World, _booted: Booted) -> None:
    world.document["shard"] = 3
    world.publish(world.bundle())


def pointer_damaged(world: World, _booted: Booted) -> None:
    world.aws.client("ssm").put_parameter(
        Name="/pgtwin/pgtwin/primary/bundle", Value="tbd", Type="String", Overwrite=True
    )


def pointer_missing(world: World, _booted: Booted) -> None:
    world.aws.client("ssm").delete_parameter(Name="/pgtwin/pgtwin/primary/bundle")


def sysctl_refused(_world: World, booted: Booted) -> None:
    booted.shell.broken["sysctl"] = failed("permission denied on key")


def mount_does_not_hold(_world: World, booted: Booted) -> None:
    booted.shell.broken["mountpoint"] = failed("")


FAULTS: list[tuple[Break, str, int]] = [
    (foreign_filesystem, "holds LABEL=photos, TYPE=ext4.* not touched - look at it", 2),
    (xfs_of_somebody_else, "holds TYPE=xfs", 2),
    (partition_table, "holds PTTYPE=gpt", 2),
    (data_without_a_signature, "has data in its first MiB", 2),
    (two_signatures, "cannot be understood by blkid: ambivalent", 2),
    (volume_missing, "found: none - deploy the site again, or restore the volume", 3),
    (volume_attached_elsewhere, "is attached to i-.* - stop or terminate that instance", 3),
    (secret_missing, "ResourceNotFoundException.* deploy the site again", 3),
    (secret_of_another_kind, "k3s-server-token is not a plain password", 2),
    (k3s_of_another_hash, "has sha256 .*, not .* compare both with the release", 2),
    (bundle_of_another_hash, "damaged or exchanged - deploy the site again", 2),
    (placeholder_left, "still holds the placeholder __REGION__", 2),
    (token_left, r"still holds the placeholder \$\{Token\[", 2),
    (way_out_of_the_folder, "holds a file called '/etc/passwd'", 2),
    (site_document_of_the_future, "site.json.shard is not known to this program", 2),
    (pointer_damaged, "pointer is 'tbd'", 2),
    (pointer_missing, "ParameterNotFound.* deploy the site again", 3),
    (sysctl_refused, "`sysctl .*` ended with exit code 1: permission denied", 3),
    (mount_does_not_hold, "`mountpoint --quiet /data` ended with exit code 1", 3),
]


def fail_again_after_a_quarter_of_an_hour(server: Booted) -> None:
    server.clock.sleep(PASSING_FAULT_SECONDS)
    with pytest.raises(Exception):  # noqa: B017,PT011 (the same as before)
        run(server.machine, BOOT)


@pytest.mark.parametrize(
    ("fault", "message", "exit_code"), FAULTS, ids=[fault.__name__ for fault, _, _ in FAULTS]
)
def test_a_fault_ends_the_boot_clearly(
    world: World, fault: Break, message: str, exit_code: int
) -> None:
    server = world.machine("server-1")
    fault(world, server)
    held = dict(server.disk.signature)

    with pytest.raises(Exception) as caught:  # noqa: PT011 (its text is judged below)
        run(server.machine, BOOT)

    ours = explain(caught.value)
    assert ours is not None
    assert re.search(message, str(ours))
    assert ours.exit_code == exit_code
    assert server.clock.seconds <= SIGNALLED_WITHIN_SECONDS
    if exit_code != 2:  # it may pass by itself
        assert not server.web.signals
        fail_again_after_a_quarter_of_an_hour(server)
    (signal,) = server.web.signals
    assert signal["Status"] == "FAILURE"
    assert str(ours)[:200] in signal["Reason"]
    assert not server.shell.started
    if held:
        assert server.disk.signature == held


@pytest.mark.parametrize(
    "fault",
    [
        foreign_filesystem,
        xfs_of_somebody_else,
        partition_table,
        data_without_a_signature,
        two_signatures,
        volume_attached_elsewhere,
    ],
)
def test_nothing_is_formatted_that_is_not_blank_and_ours(world: World, fault: Break) -> None:
    server = world.machine("server-1")
    fault(world, server)

    with pytest.raises(Exception, match="the data volume"):
        run(server.machine, BOOT)

    assert server.disk.formatted == 0
    assert not server.shell.mounted


def test_a_lost_connection_is_tried_again(world: World) -> None:
    server = world.machine("server-1")
    server.web.failures = 3

    run(server.machine, BOOT)

    assert len(server.web.downloads) == 4


def test_a_download_that_never_succeeds_is_given_up_after_about_a_minute(world: World) -> None:
    server = world.machine("server-1")
    server.web.failures = 100

    with pytest.raises(Exception, match="could not download"):
        run(server.machine, BOOT)

    assert 30 < server.clock.seconds < 120
    assert not server.web.signals


def test_a_fault_that_passes_in_time_fails_no_deployment(world: World) -> None:
    server = world.machine("server-1")
    server.web.failures = 100
    with pytest.raises(Exception, match="could not download"):
        run(server.machine, BOOT)
    server.web.failures = 0
    server.clock.sleep(60)

    run(server.machine, BOOT)

    assert [signal["Status"] for signal in server.web.signals] == ["SUCCESS"]


@pytest.mark.parametrize(
    ("boot_seconds", "signals"), [(LAST_TRY_SECONDS - 1, []), (LAST_TRY_SECONDS, ["FAILURE"])]
)
def test_a_fault_late_in_a_long_boot_has_its_quarter_of_an_hour_while_a_whole_try_still_fits(
    world: World, monkeypatch: pytest.MonkeyPatch, boot_seconds: float, signals: list[str]
) -> None:
    server = world.machine("server-1")

    def throttled(_site: Site) -> None:
        server.clock.sleep(boot_seconds)
        raise Failed("AWS throttles the calls")

    monkeypatch.setattr("host.verbs.boot.apply", throttled)

    with pytest.raises(Failed):
        run(server.machine, BOOT)

    assert [signal["Status"] for signal in server.web.signals] == signals
    monkeypatch.setattr("host.verbs.boot.apply", lambda _site: {})
    run(server.machine, BOOT)
    assert server.web.signals[-1]["Status"] == "SUCCESS"


@pytest.mark.parametrize("mark", ["trying-since", "failing-since"])
def test_where_not_even_the_moment_can_be_noted_the_failure_is_told_at_once(
    world: World, mark: str
) -> None:
    server = world.machine("server-1")
    server.shell.broken["sysctl"] = failed("permission denied on key")
    full = _Full(server.machine.files, mark)

    with pytest.raises((Failed, OSError), match=r"sysctl|No space left"):
        run(replace(server.machine, files=full), BOOT)

    assert [signal["Status"] for signal in server.web.signals] == ["FAILURE"]


def test_a_machine_that_worked_for_months_has_its_quarter_of_an_hour_too(world: World) -> None:
    server = world.machine("server-1")
    run(server.machine, BOOT)
    server.clock.sleep(90 * 24 * 3600)
    server.shell.broken["sysctl"] = failed("permission denied on key")
    server.web.signals.clear()
    # Another deployment listens.
    world.parameter("signal", "https://cloudformation-waitcondition.example/another")

    with pytest.raises(Exception, match="sysctl"):
        run(server.machine, BOOT)

    assert not server.web.signals


def test_a_half_written_binary_is_fetched_again(world: World) -> None:
    server = world.machine("server-1")
    server.machine.files.write(K3S, b"#!/bin/")
    server.machine.files.write("/usr/local/bin/.k3s.new", b"#!")

    run(server.machine, BOOT)

    assert server.machine.files.read(K3S) == server.web.content


def test_a_half_unpacked_bundle_is_unpacked_again(world: World) -> None:
    server = world.machine("server-1")
    sha256 = world.publish(world.bundle(manifests__x_json=b"[]"))
    server.machine.files.write(f"/var/lib/pgtwin/bundles/.{sha256}/stale", b"")

    run(server.machine, BOOT)

    assert set(server.machine.files.names("/var/lib/pgtwin/bundles")) == {"current", sha256}
    assert not server.machine.files.exists("/var/lib/pgtwin/bundles/current/stale")


@pytest.mark.parametrize(
    ("code", "next_step"),
    [
        ("SlowDown", "repeat in a minute"),
        ("ThrottlingException", "repeat in a minute"),
        ("RequestTimeTooSkewed", "chronyc makestep"),
        ("SignatureDoesNotMatch", "chronyc makestep"),
        ("AccessDenied", "compare the role of this machine"),
    ],
)
def test_what_aws_refuses_is_said_with_the_next_step(
    world: World, code: str, next_step: str
) -> None:
    server = world.machine("server-1")
    refused = ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")
    aws = _Refusing(world.aws, "s3", refused)

    for _ in range(2):
        with pytest.raises(ClientError):
            run(replace(server.machine, aws=aws), BOOT)
        server.clock.sleep(PASSING_FAULT_SECONDS)

    assert next_step in server.web.signals[0]["Reason"]


def test_a_role_without_the_right_to_the_token_is_said_so(world: World) -> None:
    server = world.machine("server-1")
    aws = _Limited(world.aws, "secretsmanager", allowed="secretsmanager:DescribeSecret")

    for _ in range(2):
        with pytest.raises(ClientError, match="AccessDenied"):
            run(replace(server.machine, aws=aws), BOOT)
        server.clock.sleep(PASSING_FAULT_SECONDS)

    assert "secretsmanager:GetSecretValue" in server.web.signals[0]["Reason"]
    assert not server.shell.started


def test_a_full_disk_is_called_a_full_disk() -> None:
    error = explain(OSError(errno.ENOSPC, "No space left on device", "/data/x"))

    assert str(error) == "the disk is full (/data/x) - make room, then repeat"


def test_a_mistake_in_the_program_is_not_dressed_up() -> None:
    assert explain(KeyError("site")) is None


class _Full:
    """Files on a disk that has no room for one of the marks."""

    def __init__(self, files: Any, mark: str) -> None:
        self._files = files
        self._mark = mark

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def write(self, path: str, content: bytes, *, mode: int = 0o644) -> None:
        if path.endswith(self._mark):
            raise OSError(errno.ENOSPC, "No space left on device")
        self._files.write(path, content, mode=mode)


class _Refusing:
    """AWS with one service that refuses everything."""

    def __init__(self, aws: Any, service: str, error: ClientError) -> None:
        self._aws = aws
        self._service = service
        self._error = error

    def client(self, service: str, region: str | None = None, *, brief: bool = False) -> Any:
        return self if service == self._service else self._aws.client(service, region)

    def anybody(self, service: str) -> Any:
        return self._aws.anybody(service)

    def get_object(self, **_named: str) -> None:
        raise self._error


class _Limited:
    """AWS with one service called as a user with one right, and moto's IAM enforced there."""

    def __init__(self, aws: Any, service: str, *, allowed: str) -> None:
        self._aws = aws
        self._service = service
        iam = boto3.client("iam", region_name="eu-west-1")
        iam.create_user(UserName="machine")
        statement = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="machine", PolicyName="host", PolicyDocument=document)
        key = iam.create_access_key(UserName="machine")["AccessKey"]
        self._client = boto3.client(
            service,
            region_name="eu-west-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    def client(self, service: str, region: str | None = None, *, brief: bool = False) -> Any:
        return self if service == self._service else self._aws.client(service, region)

    def anybody(self, service: str) -> Any:
        return self._aws.anybody(service)

    def __getattr__(self, operation: str) -> Any:
        return set_initial_no_auth_action_count(0)(getattr(self._client, operation))
