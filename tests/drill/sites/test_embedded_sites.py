"""From the embedded deployment to two ready sites, and how it says so when that fails."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drill.aws.embedded_aws import EmbeddedAws, Signal
from drill.ground_site import Ran
from drill.sites.site import EmbeddedSite
from host.deadlines import PASSING_FAULT_SECONDS
from host.machine.paths import STATE
from tests.drill.sites.conftest import K3S, MIRROR
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("embedded-aws")]

Booted = dict[str, tuple[EmbeddedSite, dict[str, Ran]]]
CRITICAL_PATH = Path(__file__).parents[3] / "build" / "critical-path.json"
TIMERS = {"pgtwin-report.timer", "pgtwin-apply.timer", "pgtwin-verify.timer"}


def test_every_machine_boots(booted: Booted) -> None:
    nodes = {site.name: sorted(site.machines) for site, _ in booted.values()}

    assert nodes == {
        "primary": ["agent-1", "agent-2", "agent-3", "server-1"],
        "dr": ["server-1"],
    }
    for _, ran in booted.values():
        for node, result in ran.items():
            assert json.loads(result.stdout[result.stdout.index("\n{") :])["node"] == node


def test_both_wait_conditions_hear_of_success(booted: Booted) -> None:
    for site, _ in booted.values():
        assert [(s.status, s.unique_id) for s in site.signals()] == [("SUCCESS", "server-1")]


def test_both_sites_stay_ready(booted: Booted) -> None:
    for name, (site, _) in booted.items():
        assert site.run("ready")["site"] == name


def test_the_dr_site_follows_the_writer_and_writes_nothing(booted: Booted) -> None:
    status = {name: site.run("status") for name, (site, _) in booted.items()}

    assert booted["primary"][0].api.get("Cluster", "postgres-cluster")
    dr = booted["dr"][0].api.get("Cluster", "postgres-cluster-dr") or {}
    assert dr["spec"]["replica"]["primary"] == "postgres-cluster"
    assert all(status.values())


def test_servers_run_their_timers_and_agents_do_not(booted: Booted) -> None:
    for site, _ in booted.values():
        for node, machine in site.machines.items():
            assert machine.systemd.started >= TIMERS or node != "server-1"
            assert not TIMERS & machine.systemd.started or node == "server-1"


def test_no_agent_ever_saw_the_server_token(booted: Booted) -> None:
    for node, machine in booted["primary"][0].machines.items():
        token = machine.root / "etc/rancher/k3s/token"
        assert token.exists() == (node == "server-1")


def _boot_seconds(site: EmbeddedSite) -> dict[str, dict[str, float]]:
    """How long each step of each machine's last boot took."""
    found = {}
    for node, machine in site.machines.items():
        record = machine.root / "var/lib/pgtwin/boot.json"
        found[node] = json.loads(record.read_text("utf-8")) if record.exists() else {}
    return found


def test_the_critical_path_is_measured(booted: Booted) -> None:
    seconds = {name: _boot_seconds(site) for name, (site, _) in booted.items()}
    path = {
        "what": "seconds of each step of boot, all five machines at once, embedded world",
        "not in it": "EC2 start, apt, downloads, image pulls, initdb and clones of real databases",
        "seconds": seconds,
        "total_seconds": {
            name: {node: round(sum(steps.values()), 1) for node, steps in machines.items()}
            for name, machines in seconds.items()
        },
    }
    CRITICAL_PATH.parent.mkdir(exist_ok=True)
    CRITICAL_PATH.write_text(json.dumps(path, indent=2) + "\n", encoding="utf-8")

    assert {"apply", "ready", "signal"} <= seconds["primary"]["server-1"].keys()


def test_a_wrong_k3s_is_refused_and_told_to_cloudformation(
    fresh_dr: Callable[[], EmbeddedSite], deployed: EmbeddedAws
) -> None:
    s3 = deployed.client("s3", "eu-west-1")
    s3.put_object(Bucket=MIRROR, Key="k3s/k3s", Body=b"something else")
    try:
        site = fresh_dr()
        signal = first_signal(site)
    finally:
        s3.put_object(Bucket=MIRROR, Key="k3s/k3s", Body=K3S)

    assert (signal.status, signal.unique_id) == ("FAILURE", "server-1")
    assert "sha256" in signal.reason
    assert "k3s v1.36.4+k3s1" in signal.reason
    assert site.api.faults.is_api_away, "k3s must not have been started"


def test_a_permission_that_stays_missing_is_told_to_cloudformation(
    fresh_dr: Callable[[], EmbeddedSite], deployed: EmbeddedAws
) -> None:
    site = fresh_dr()
    failed = site.machines["server-1"].root / f"{STATE}/boot-failing-since".lstrip("/")
    failed.parent.mkdir(parents=True)
    long_ago = datetime.now(UTC) - timedelta(seconds=PASSING_FAULT_SECONDS)
    failed.write_text(long_ago.isoformat(), encoding="utf-8")
    iam = deployed.client("iam", "eu-west-1")
    where = {"RoleName": "pgtwin-dr-server", "PolicyName": "test-denies-secrets"}
    deny = {"Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(**where, PolicyDocument=document)
    try:
        signal = first_signal(site)
    finally:
        iam.delete_role_policy(**where)

    assert signal.status == "FAILURE"
    assert "AccessDenied" in signal.reason


def test_a_volume_with_foreign_data_is_refused_and_kept(
    fresh_dr: Callable[[], EmbeddedSite],
) -> None:
    site = fresh_dr()
    machine = site.machines["server-1"]
    volume = machine.volume()
    volume.format(type_="ext4", label="somebody-elses")

    signal = first_signal(site)

    assert signal.status == "FAILURE"
    assert "LABEL=somebody-elses" in signal.reason
    assert volume.signature["TYPE"] == "ext4"
    assert not [call for call in machine.calls if call[0].startswith("mkfs")]


def test_a_damaged_bundle_starts_nothing_but_its_installation_again(
    fresh_dr: Callable[[], EmbeddedSite], deployed: EmbeddedAws
) -> None:
    region, name = "eu-west-2", "/pgtwin/pgtwin/dr/bundle"
    ssm = deployed.client("ssm", region)
    before = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    wrong = json.dumps({**json.loads(before), "sha256": "0" * 64})
    ssm.put_parameter(Name=name, Value=wrong, Type="String", Overwrite=True)
    try:
        site = fresh_dr()
        signal = first_signal(site)
    finally:
        ssm.put_parameter(Name=name, Value=before, Type="String", Overwrite=True)

    assert signal.status == "FAILURE"
    assert "0" * 64 in signal.reason
    assert site.machines["server-1"].systemd.started == {"pgtwin-install.service"}


def first_signal(site: EmbeddedSite) -> Signal:
    """Boot server-1; the first thing that it tells CloudFormation.

    How soon is tested with a clock, in tests/host/boot/test_host_boot_faults.py.
    """
    machine = site.machines["server-1"]
    booting = threading.Thread(target=machine.boot, daemon=True)
    booting.start()
    eventually(site.signals, machine.log)
    booting.join()
    return site.signals()[0]
