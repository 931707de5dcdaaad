"""The operators' charts in k3s' manifests folder, with k3s' controllers at work."""

import json
from typing import Any

import pytest

from drill.kubernetes.k3s.deploy_controller import _APPLIED as APPLIED
from drill.kubernetes.k3s.deploy_controller import DeployController
from host.apply.chart_installation import ChartInstallation
from host.apply.charts_folder import ChartsFolder
from host.apply.manifest import Manifest
from host.errors import TimedOut
from tests.host.site.conftest import MakeWorld
from tests.host.site.edges import FastClock
from tests.host.site.world import World

FOLDER = "/data/k3s/server/manifests"
CHARTS = ("cert-manager", "cloudnative-pg", "plugin-barman-cloud")


@pytest.fixture
def bare(make_world: MakeWorld) -> World:
    """A site as k3s starts it, without operators."""
    world = make_world("primary", operators=False)
    world.clock = FastClock(factor=100)
    return world


def our_files(world: World) -> list[str]:
    return [name for name in world.files.names(FOLDER) if name.startswith("pgtwin-")]


def our_addons(world: World) -> list[dict[str, Any]]:
    addons = world.api.list("addons", "kube-system")
    return [each for each in addons if each["metadata"]["name"].startswith("pgtwin-")]


def test_the_operators_are_installed_and_waited_for_however_slow_they_are(bare: World) -> None:
    bare.start_k3s(crds_seconds=0.8, available_seconds=1.5)

    bare.apply()

    assert bare.cluster()
    assert bare.api.list("deployments", "cnpg-system")


@pytest.mark.parametrize("chart", CHARTS)
def test_a_first_install_that_failed_is_tried_again(bare: World, chart: str) -> None:
    bare.start_k3s(interrupted=[chart])

    bare.apply()

    assert set(status_of_releases(bare).values()) == {"deployed"}
    assert bare.cluster()


def test_the_plugin_is_not_put_before_cert_managers_webhook_answers(bare: World) -> None:
    bare.start_k3s(available_seconds=1.5)

    bare.apply()

    seen = [" ".join(call) for call in bare.shell.calls]
    failed = [call for call in seen if "delete secrets" in call]
    assert failed == [], "its release never failed for want of cert-manager"


def test_healing_a_failed_install_deletes_the_record_of_the_try_and_nothing_else(
    bare: World,
) -> None:
    bare.start_k3s(interrupted=["cloudnative-pg"])

    bare.apply()

    deleted = {call[2:4] for call in bare.shell.calls if call[1] == "delete"}
    assert deleted == {
        ("jobs.batch", "helm-install-cloudnative-pg"),
        ("secrets", "sh.helm.release.v1.cloudnative-pg.v1"),
    }


@pytest.mark.parametrize("changed", [{"version": "99.0.0"}, {"valuesContent": "replicas: 2"}])
def test_a_chart_that_is_changed_is_waited_for_until_that_is_deployed(
    bare: World, changed: dict[str, str]
) -> None:
    """The release before is deployed, and its operator answers."""
    bare.start_k3s(crds_seconds=0.4, available_seconds=0.8)
    bare.apply()

    install(bare, changed)

    assert revisions(bare, "cloudnative-pg") == {"1": "superseded", "2": "deployed"}


def test_an_upgrade_that_failed_is_tried_again_and_waited_for(bare: World) -> None:
    """Once it is forgotten the release before is the newest again, and deployed."""
    helm = bare.start_k3s()
    bare.apply()
    helm.interrupted.add("cloudnative-pg")

    install(bare, {"version": "99.0.0"})

    assert not helm.interrupted
    assert revisions(bare, "cloudnative-pg") == {"1": "superseded", "2": "deployed"}


def install(world: World, changed: dict[str, str]) -> None:
    """What `apply` does with CloudNativePG's chart, of which something is another by now."""
    (chart,) = (
        each for each in world.api.list("helmcharts") if each["metadata"]["name"] == CHARTS[1]
    )
    item = {
        **{key: chart[key] for key in ("apiVersion", "kind")},
        "metadata": {"name": CHARTS[1], "namespace": "kube-system"},
        "spec": {**chart["spec"], **changed},
    }
    manifest = Manifest(name="20-cloudnative-pg", items=(item,))
    kubectl, clock = world.site.kubectl, world.clock
    folder = ChartsFolder(world.files, kubectl, clock)
    folder.put(manifest)
    ChartInstallation(kubectl, folder, clock).await_installed(item)


def revisions(world: World, name: str) -> dict[str, str]:
    found = world.api.list("secrets", labels=f"owner=helm,name={name}")
    labels = [each["metadata"]["labels"] for each in found]
    return {each["version"]: each["status"] for each in labels}


def test_a_release_that_is_under_way_is_left_alone(bare: World) -> None:
    bare.start_k3s(crds_seconds=0.2, available_seconds=1.5)

    bare.apply()

    assert not [call for call in bare.shell.calls if call[1] == "delete"]


def status_of_releases(world: World) -> dict[str, str]:
    found = [each["metadata"]["labels"] for each in world.api.list("secrets", labels="owner=helm")]
    return {labels["name"]: labels["status"] for labels in found}


def test_k3s_is_given_charts_and_no_database_object(bare: World) -> None:
    bare.start_k3s()

    bare.apply()

    taken = [each["metadata"]["annotations"][APPLIED] for each in our_addons(bare)]
    assert len(taken) == len(CHARTS)
    assert {each["kind"] for text in taken for each in json.loads(text)} == {"HelmChart"}


def test_a_chart_leaves_the_folder_once_k3s_has_taken_it(bare: World) -> None:
    bare.start_k3s()

    bare.apply()

    assert our_files(bare) == []


def test_a_second_apply_gives_k3s_nothing_again(bare: World) -> None:
    bare.start_k3s()
    bare.apply()
    before = our_addons(bare)

    bare.apply()

    assert our_addons(bare) == before


def test_k3s_of_a_server_that_starts_again_brings_no_older_chart_back(bare: World) -> None:
    bare.start_k3s()
    bare.apply()
    newer = {"spec": {"version": "99.0.0"}}
    bare.api.patch("helmchart", "cloudnative-pg", newer, "kube-system")  # by another server

    DeployController(api=bare.api, folder=bare.files.path(FOLDER)).look()

    chart = bare.api.get("helmchart", "cloudnative-pg", "kube-system")
    assert chart is not None
    assert chart["spec"]["version"] == "99.0.0"


def test_what_an_earlier_run_left_in_the_folder_leaves_it(bare: World) -> None:
    bare.start_k3s()
    bare.apply()
    bare.files.write(f"{FOLDER}/pgtwin-30-former.yaml", b"# an interrupted run\n")

    bare.apply()

    assert our_files(bare) == []
    assert len(our_addons(bare)) == len(CHARTS)


def test_a_chart_that_left_the_bundle_is_emptied_before_its_addon_goes(bare: World) -> None:
    bare.start_k3s()
    bare.apply()
    assert bare.api.get("helmchart", "cert-manager", "kube-system")
    bare.deploy(without=("HelmChart",))

    bare.apply()

    assert our_files(bare) == []
    bare.eventually(lambda: bare.api.get("helmchart", "cert-manager", "kube-system") is None)
    bare.eventually(
        lambda: not any("pgtwin" in each["metadata"]["name"] for each in bare.api.list("addons"))
    )
    assert bare.cluster()


def test_a_file_that_k3s_does_not_take_is_named(bare: World) -> None:
    with pytest.raises(TimedOut, match="describe addon pgtwin-10-cert-manager"):
        bare.apply()
