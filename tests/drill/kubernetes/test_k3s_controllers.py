"""The deploy controller and the helm-controller behave as their sources say."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drill.kubernetes.admission.operator_webhook import is_available
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.k3s.deploy_controller import DeployController
from drill.kubernetes.k3s.helm_controller import ChartDelays, HelmController
from tests.waiting import eventually, stays_away

CONFIGMAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: %s, namespace: default}
data: {a: b}
"""
CHART = """\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: cnpg, namespace: kube-system}
spec:
  repo: https://example.org
  chart: cloudnative-pg
  targetNamespace: cnpg-system
  createNamespace: true
"""
READY = {"conditions": [{"type": "Ready", "status": "True"}]}


@pytest.fixture
def bare() -> Iterator[ClusterApi]:
    """An API as k3s starts it: no operators."""
    with ClusterApi() as api:
        yield api


def checksum(api: ClusterApi, name: str) -> str | None:
    addon = api.get("addons", name, "kube-system") or {}
    found: str | None = addon.get("spec", {}).get("checksum")
    return found


def test_an_addon_carries_the_hash_of_the_file_that_was_applied(
    bare: ClusterApi, tmp_path: Path
) -> None:
    file = tmp_path / "10-settings.extra.yaml"
    file.write_text(CONFIGMAP % "settings")

    DeployController(api=bare, folder=tmp_path).look()

    assert checksum(bare, "10-settings") == hashlib.sha256(file.read_bytes()).hexdigest()
    assert bare.get("configmap", "settings", "default")


def test_a_file_that_fails_gets_no_hash_but_an_event_and_stops_no_other(
    bare: ClusterApi, tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text("kind: Nonsense\napiVersion: v9\nmetadata: {name: x}\n")
    (tmp_path / "b.yaml").write_text(CONFIGMAP % "settings")
    controller = DeployController(api=bare, folder=tmp_path)

    controller.look()
    controller.look()

    assert (checksum(bare, "a"), checksum(bare, "b") is not None) == (None, True)
    assert [each["reason"] for each in bare.list("events")] == ["ApplyManifestFailed"]


def test_an_addon_that_is_deleted_while_its_file_is_applied_stays_deleted(
    bare: ClusterApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text(CONFIGMAP % "settings")
    apply = bare.apply

    def deleted_meanwhile(value: dict[str, Any]) -> dict[str, Any]:
        bare.delete("addons", "a", "kube-system")
        return apply(value)

    monkeypatch.setattr(bare, "apply", deleted_meanwhile)

    DeployController(api=bare, folder=tmp_path).look()

    assert bare.get("addons", "a", "kube-system") is None


def test_objects_that_left_a_file_are_pruned_and_a_file_that_left_deletes_nothing(
    bare: ClusterApi, tmp_path: Path
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(f"{CONFIGMAP % 'one'}---\n{CONFIGMAP % 'two'}")
    controller = DeployController(api=bare, folder=tmp_path)
    controller.look()

    file.write_text(CONFIGMAP % "two")
    controller.look()
    assert bare.get("configmap", "one", "default") is None

    file.unlink()
    controller.look()
    assert bare.get("configmap", "two", "default")


def test_a_restart_undoes_what_was_changed_by_hand(bare: ClusterApi, tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(CONFIGMAP % "settings")
    running = DeployController(api=bare, folder=tmp_path)
    running.look()
    bare.patch("configmap", "settings", {"data": {"a": "by hand"}}, "default")

    running.look()
    assert (bare.get("configmap", "settings", "default") or {})["data"] == {"a": "by hand"}

    DeployController(api=bare, folder=tmp_path).look()
    assert (bare.get("configmap", "settings", "default") or {})["data"] == {"a": "b"}


@pytest.mark.parametrize("name", [".hidden.yaml", "half-written.new", "skipped.yaml"])
def test_leaves_unfinished_and_skipped_files_alone(
    bare: ClusterApi, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text(CONFIGMAP % "settings")
    (tmp_path / "skipped.yaml.skip").touch()

    DeployController(api=bare, folder=tmp_path).look()

    assert bare.list("addons") == []


def test_a_chart_brings_its_kinds_first_and_its_deployment_later(
    bare: ClusterApi, tmp_path: Path
) -> None:
    delays = ChartDelays(crds_seconds=0.1, available_seconds=0.6)
    charts = HelmController(api=bare, delays=delays)
    (tmp_path / "chart.yaml").write_text(CHART)
    DeployController(api=bare, folder=tmp_path).look()
    bare.create(
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "agent-1"}, "status": READY}
    )
    charts.start()

    eventually(lambda: bare.list("crds"))
    assert not any(is_available(each) for each in bare.list("deployments"))
    eventually(lambda: bare.list("deployments") and is_available(bare.list("deployments")[0]))
    charts.stop()


SERVER: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "server-1", "labels": {"node-role.kubernetes.io/control-plane": "true"}},
    "spec": {
        "taints": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}],
    },
    "status": READY,
}
AGENT = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "agent-1"}, "status": READY}


@pytest.mark.parametrize(
    ("chart", "first", "second"),
    [(CHART, SERVER, AGENT), (CHART + "  bootstrap: true\n", AGENT, SERVER)],
    ids=["without bootstrap an agent", "with bootstrap a server"],
)
def test_a_chart_waits_for_a_node_that_may_run_its_job(
    bare: ClusterApi, tmp_path: Path, chart: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    charts = HelmController(api=bare, delays=ChartDelays(crds_seconds=0, available_seconds=0))
    (tmp_path / "chart.yaml").write_text(chart)
    DeployController(api=bare, folder=tmp_path).look()
    bare.create(first)
    charts.start()

    stays_away(lambda: bare.list("crds"))
    bare.create(second)
    eventually(lambda: bare.list("crds"))
    charts.stop()
