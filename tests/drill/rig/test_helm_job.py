"""What the pod of a Helm Job does, for each state in which it finds the release."""

import base64
import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from drill.rig.parts import helm_job
from drill.rig.parts.helm_job import Action, Release, actions, options, with_status

POLICIES = ("abort", "reinstall", "retry")


def release(status: str, *, server_side: bool = True) -> Release:
    return Release(status=status, revision=1, server_side=server_side)


@pytest.mark.parametrize("policy", POLICIES)
def test_without_a_release_the_chart_is_installed(policy: str) -> None:
    assert actions(None, policy=policy) == (Action.INSTALL,)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_deployed_release_is_upgraded_even_where_nothing_changed(policy: str) -> None:
    assert actions(release("deployed"), policy=policy) == (Action.UPGRADE,)


@pytest.mark.parametrize("status", ["failed", "unknown"])
@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("abort", (Action.GIVE_UP,)),
        ("reinstall", (Action.UNINSTALL, Action.INSTALL)),
        ("retry", (Action.UPGRADE,)),
    ],
)
def test_a_failed_release_is_left_to_the_failure_policy(
    status: str, policy: str, expected: tuple[Action, ...]
) -> None:
    assert actions(release(status), policy=policy) == expected


@pytest.mark.parametrize("status", ["pending-install", "pending-rollback", "uninstalling"])
def test_an_interrupted_install_becomes_a_failed_release_which_abort_never_leaves(
    status: str,
) -> None:
    assert actions(release(status), policy="abort") == (Action.MARK_FAILED, Action.GIVE_UP)


@pytest.mark.parametrize("policy", POLICIES)
def test_an_interrupted_upgrade_is_tried_again_under_any_policy(policy: str) -> None:
    assert actions(release("pending-upgrade"), policy=policy) == (
        Action.MARK_FAILED,
        Action.UPGRADE,
    )


def test_a_release_in_its_secret_is_marked_without_losing_anything() -> None:
    content = {"name": "r", "info": {"status": "pending-install", "notes": "n"}, "manifest": "m"}

    marked = with_status(_packed(content), "failed")

    assert _unpacked(marked) == content | {"info": {"status": "failed", "notes": "n"}}


def test_the_job_passes_on_what_the_controller_asks_for() -> None:
    asked = {"TIMEOUT": "10m0s", "CONFIG_HASH": "AB12", "SERVER_SIDE": "auto"}

    assert options(asked, ["/config/values.yaml"], None) == [
        *("--timeout", "10m0s"),
        *("--labels", "helmcharts.helm.cattle.io/configHash=AB12"),
        "--server-side=true",
        *("--values", "/config/values.yaml"),
    ]


@pytest.mark.parametrize(("server_side", "force"), [(True, "true"), (False, "false")])
def test_conflicts_are_forced_only_where_the_server_applied_the_release(
    *, server_side: bool, force: str
) -> None:
    asked = {"SERVER_SIDE": "auto", "FORCE_CONFLICTS": "true"}

    assert options(asked, [], release("deployed", server_side=server_side)) == [
        "--server-side=auto",
        f"--force-conflicts={force}",
    ]


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a program called helm notes its arguments; it answers what HELM_STATUS holds."""
    calls = tmp_path / "calls"
    helm = tmp_path / "helm"
    helm.write_text(
        f'#!/bin/sh\necho "$@" >> {calls}\n'
        'if [ "$1" = status ]; then [ "$HELM_STATUS" ] && echo "$HELM_STATUS"; fi\n'
    )
    helm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(helm_job, "TERMINATION_LOG", tmp_path / "termination-log")
    monkeypatch.setattr("signal.signal", lambda *_: None)
    return calls


JOB = {
    "NAME": "operator",
    "CHART": "operator/operator",
    "REPO": "https://example.org/charts",
    "TARGET_NAMESPACE": "system",
    "FAILURE_POLICY": "abort",
    "EXPECTED_RELEASE_REVISION": "1",
}
ARGUMENTS = ["install", "--namespace", "system", "--version", "0.1.0"]


def test_a_first_job_adds_the_repository_and_installs_as_the_controller_asks(calls: Path) -> None:
    helm_job.main(ARGUMENTS, JOB | {"EXPECTED_RELEASE_REVISION": "0"})

    assert calls.read_text().splitlines() == [
        "repo add operator https://example.org/charts",
        "repo update",
        "status --namespace system operator --output json",
        "install --namespace system --version 0.1.0 operator operator/operator",
    ]


def test_abort_changes_nothing_and_the_job_fails(
    calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELM_STATUS", '{"info": {"status": "failed"}, "version": 1}')

    with pytest.raises(SystemExit) as ended:
        helm_job.main(ARGUMENTS, JOB)

    assert ended.value.code == 1
    assert "install" not in calls.read_text()


def test_a_revision_that_the_controller_has_not_seen_is_left_alone(
    calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELM_STATUS", '{"info": {"status": "deployed"}, "version": 2}')

    helm_job.main(ARGUMENTS, JOB)

    assert "upgrade" not in calls.read_text()


def _packed(content: Mapping[str, object]) -> str:
    inner = base64.b64encode(gzip.compress(json.dumps(content).encode()))
    return base64.b64encode(inner).decode()


def _unpacked(release: str) -> object:
    return json.loads(gzip.decompress(base64.b64decode(base64.b64decode(release))))
