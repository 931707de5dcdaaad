"""The stand-in for klipper-helm: what the pod of a helm-controller Job runs. Standard library only.

It behaves as klipper-helm v0.13.3 (its `entry` of 2026-07-27) does for a chart of a repository:

- no release: install; a deployed release: upgrade, also where nothing changed;
- a release that an interrupted Job left pending is marked as failed first, and only an interrupted
  upgrade is then tried again;
- a failed release: `abort` does nothing and ends with 1, so the Job fails forever until someone
  acts; `reinstall` uninstalls and installs; `retry` upgrades;
- a revision other than the one that the controller saw: nothing is done, and the Job ends with 0;
- SIGTERM does not interrupt Helm, as that would leave the release pending.

Left out: charts inside the HelmChart object, OCI registries, credentials and authorities of
repositories, Helm 2, mapkubeapis.
"""

import base64
import gzip
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

TERMINATION_LOG = Path("/dev/termination-log")
SERVICE_ACCOUNT_CA = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
VALUES = Path("/config")
_CONFIG_HASH_LABEL = "helmcharts.helm.cattle.io/configHash"
_BY_POLICY = {"pending-install", "pending-rollback", "uninstalling"}
_TRIED_AGAIN = {"pending-upgrade", "superseded"}
_FAILED = {"deleted", "failed", "null", "unknown"}


class Action(Enum):
    """One thing that is done about a release."""

    INSTALL = "install"
    UPGRADE = "upgrade"
    UNINSTALL = "uninstall"
    MARK_FAILED = "mark the release as failed"
    GIVE_UP = "wait for an operator"


@dataclass(frozen=True, kw_only=True)
class Release:
    """What `helm status` says of a release."""

    status: str
    revision: int
    server_side: bool
    """Whether its objects were applied by the server."""


def actions(release: Release | None, *, policy: str) -> tuple[Action, ...]:
    """What to do about a release with the failure policy `abort`, `reinstall` or `retry`."""
    if release is None:
        return (Action.INSTALL,)
    if release.status == "deployed":
        return (Action.UPGRADE,)
    if release.status in _TRIED_AGAIN:
        return (Action.MARK_FAILED, Action.UPGRADE)
    if release.status in _BY_POLICY:
        return (Action.MARK_FAILED, *_of_policy(policy))
    if release.status in _FAILED:
        return _of_policy(policy)
    return (Action.INSTALL,)


def _of_policy(policy: str) -> tuple[Action, ...]:
    if policy == "reinstall":
        return (Action.UNINSTALL, Action.INSTALL)
    return (Action.UPGRADE,) if policy == "retry" else (Action.GIVE_UP,)


def options(environment: dict[str, str], values: list[str], upgraded: Release | None) -> list[str]:
    """The options of `helm install`, or `helm upgrade` of a release, that the Job asks for."""
    asked: list[str] = []
    if timeout := environment.get("TIMEOUT"):
        asked += ["--timeout", timeout]
    if config_hash := environment.get("CONFIG_HASH"):
        asked += ["--labels", f"{_CONFIG_HASH_LABEL}={config_hash}"]
    asked += _how_applied(environment, upgraded)
    for path in values:
        asked += ["--values", path]
    return asked


def _how_applied(environment: dict[str, str], upgraded: Release | None) -> list[str]:
    """Helm takes `auto` only for an upgrade, and forces conflicts only where the server applies."""
    how = environment.get("SERVER_SIDE", "")
    force = environment.get("FORCE_CONFLICTS", "")
    if how == "auto" and upgraded is None:
        how = "true"
    if force == "true" and how == "auto" and upgraded and not upgraded.server_side:
        force = "false"
    return [
        *([f"--server-side={how}"] if how else []),
        *([f"--force-conflicts={force}"] if force else []),
    ]


class Helm:
    """The helm command for one release."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._name = environment["NAME"]
        self._namespace = environment["TARGET_NAMESPACE"]

    def add_repository(self) -> None:
        """Fetch the index of the chart's repository."""
        if repository := self._environment.get("REPO"):
            self._run("repo", "add", self._name, repository)
            self._run("repo", "update")

    def release(self) -> Release | None:
        """The newest revision, or None where there is no release."""
        command = ["helm", "status", "--namespace", self._namespace, self._name, "--output", "json"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            print(ended.stderr, end="")  # noqa: T201 - the log of the pod
            return None
        said = json.loads(ended.stdout)
        return Release(
            status=said["info"]["status"],
            revision=said["version"],
            server_side=said.get("apply_method") == "ssa",
        )

    def carry_out(self, action: Action, arguments: list[str], release: Release | None) -> None:
        """Do one action; `arguments` are the Job's own, after the word `install`."""
        _log(f"helm: {action.value} {self._name}")
        if action is Action.UNINSTALL:
            self._run("uninstall", self._name, "--namespace", self._namespace, "--wait")
        elif action is Action.MARK_FAILED and release:
            self._mark_failed(release.revision)
        elif action is Action.GIVE_UP:
            raise SystemExit(1)
        else:
            values = sorted(str(path) for path in VALUES.glob("*.yaml"))
            upgraded = release if action is Action.UPGRADE else None
            chosen = options(self._environment, values, upgraded)
            self._run(action.value, *arguments, self._name, self._environment["CHART"], *chosen)

    def _mark_failed(self, revision: int) -> None:
        """Rewrite the Secret in which Helm keeps the revision, as the set-status plugin does."""
        kubectl = ["kubectl", "--namespace", self._namespace]
        secret = f"secret/sh.helm.release.v1.{self._name}.v{revision}"
        found = subprocess.run(
            [*kubectl, "get", secret, "--output", "json"], capture_output=True, check=True
        )
        content = with_status(json.loads(found.stdout)["data"]["release"], "failed")
        patch = {"metadata": {"labels": {"status": "failed"}}, "data": {"release": content}}
        subprocess.run([*kubectl, "patch", secret, "--patch", json.dumps(patch)], check=True)

    def _run(self, *arguments: str) -> None:
        ended = subprocess.run(["helm", *arguments], check=False)
        if ended.returncode:
            raise SystemExit(ended.returncode)


def with_status(release: str, status: str) -> str:
    """The content of a release's Secret with another status; its encodings stay."""
    content = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(release))))
    content["info"]["status"] = status
    packed = gzip.compress(json.dumps(content).encode())
    return base64.b64encode(base64.b64encode(packed)).decode()


def main(arguments: list[str], environment: dict[str, str]) -> None:
    """`install ARGUMENTS...` or `delete`; ends with Helm's exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    helm = Helm(environment)
    verb, rest = arguments[0], arguments[1:]
    if verb != "delete":
        helm.add_repository()
    release = helm.release()
    revision = release.revision if release else 0
    expected = environment.get("EXPECTED_RELEASE_REVISION") or str(revision)
    if release and expected != str(revision):
        _log(f"Current release revision {revision} does not match expected revision {expected}")
        return
    if verb == "delete":
        wanted: tuple[Action, ...] = (Action.UNINSTALL,) if release else ()
    else:
        wanted = actions(release, policy=environment.get("FAILURE_POLICY", "reinstall"))
    for action in wanted:
        helm.carry_out(action, rest, release)


def _log(line: str) -> None:
    """To the pod's log, and to where the kubelet reads why a container ended."""
    print(line, flush=True)  # noqa: T201
    with TERMINATION_LOG.open("a", encoding="utf-8") as log:
        log.write(f"{line}\n")


if __name__ == "__main__":
    os.environ |= {"SSL_CERT_FILE": SERVICE_ACCOUNT_CA, "SSL_CERT_DIR": "/etc/ssl/certs"}
    main(sys.argv[1:], dict(os.environ))
