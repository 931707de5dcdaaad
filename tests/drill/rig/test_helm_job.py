"""What the pod of a Helm Job does, for each state in which it finds the release."""

import base64
import gzip
import json
from collections.abc import Mapping

import pytest

from drill.rig.parts.helm_job import Release, Step, options, steps, with_status

POLICIES = ("abort", "reinstall", "retry")


def release(status: str, *, server_side: bool = True) -> Release:
    return Release(status=status, revision=1, server_side=server_side)


@pytest.mark.parametrize("policy", POLICIES)
def test_without_a_release_the_chart_is_installed(policy: str) -> None:
    assert steps(None, policy=policy) == (Step.INSTALL,)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_deployed_release_is_upgraded_even_where_nothing_changed(policy: str) -> None:
    assert steps(release("deployed"), policy=policy) == (Step.UPGRADE,)


@pytest.mark.parametrize("status", ["failed", "unknown"])
@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("abort", (Step.GIVE_UP,)),
        ("reinstall", (Step.UNINSTALL, Step.INSTALL)),
        ("retry", (Step.UPGRADE,)),
    ],
)
def test_a_failed_release_is_left_to_the_failure_policy(
    status: str, policy: str, expected: tuple[Step, ...]
) -> None:
    assert steps(release(status), policy=policy) == expected


@pytest.mark.parametrize("status", ["pending-install", "pending-rollback", "uninstalling"])
def test_an_interrupted_install_becomes_a_failed_release_which_abort_never_leaves(
    status: str,
) -> None:
    assert steps(release(status), policy="abort") == (Step.MARK_FAILED, Step.GIVE_UP)


@pytest.mark.parametrize("policy", POLICIES)
def test_an_interrupted_upgrade_is_tried_again_under_any_policy(policy: str) -> None:
    assert steps(release("pending-upgrade"), policy=policy) == (Step.MARK_FAILED, Step.UPGRADE)


def test_a_release_in_its_secret_is_marked_without_losing_anything() -> None:
    content = {"name": "r", "info": {"status": "pending-install", "notes": "n"}, "manifest": "m"}

    marked = with_status(_packed(content), "failed")

    assert _unpacked(marked) == content | {"info": {"status": "failed", "notes": "n"}}


def test_the_job_passes_on_what_the_controller_asks_for() -> None:
    asked = {"TIMEOUT": "10m0s", "CONFIG_HASH": "SHA256=AB", "SERVER_SIDE": "auto"}

    assert options(asked, ["/config/values.yaml"], None) == [
        *("--timeout", "10m0s"),
        *("--labels", "helmcharts.helm.cattle.io/configHash=SHA256=AB"),
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


def _packed(content: Mapping[str, object]) -> str:
    inner = base64.b64encode(gzip.compress(json.dumps(content).encode()))
    return base64.b64encode(inner).decode()


def _unpacked(release: str) -> object:
    return json.loads(gzip.decompress(base64.b64decode(base64.b64decode(release))))
