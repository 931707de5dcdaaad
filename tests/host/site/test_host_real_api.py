"""`apply` through a kubectl of its own process: a real one where KUBECONFIG names a real server."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from host.bundle.bundle import fetch
from host.kubernetes.cluster import KIND
from host.kubernetes.kubectl import Kubectl
from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from host.machine.subprocess_shell import SubprocessShell
from host.site import Site
from host.verbs.apply import apply
from tests.host.site.world import World

REAL = "KUBECONFIG" in os.environ


@pytest.fixture
def site(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The primary site on a server that is reached by processes."""
    drill = f"kubectl --server={world.api.url}"
    monkeypatch.setenv("PGTWIN_KUBECTL", "kubectl" if REAL else drill)
    machine = replace(world.machine, shell=SubprocessShell())
    bundle = fetch(machine)
    yield Site(
        document=bundle.document(machine.files),
        bundle=bundle,
        machine=machine,
        kubectl=Kubectl(machine.shell, machine.clock),
    )
    if REAL:
        subprocess.run(["kubectl", "delete", "namespace", "postgres"], check=True, timeout=300)


def cluster(site: Site) -> dict[str, Any]:
    found = site.kubectl.get(KIND, site.document.cluster, "-n", site.document.namespace)
    assert found is not None
    return found


def test_an_apply_and_its_repeat_leave_the_same_cluster(site: Site) -> None:
    apply(site)
    first = cluster(site)

    apply(site)

    assert cluster(site)["metadata"]["generation"] == first["metadata"]["generation"]
    assert cluster(site)["spec"]["replica"] == first["spec"]["replica"]


def test_a_promotion_by_patch_survives_the_next_apply(site: Site) -> None:
    apply(site)
    moved = {"spec": {"replica": {"primary": "postgres-cluster-dr"}}}
    site.kubectl.patch(KIND, site.document.namespace, site.document.cluster, moved)

    apply(site)

    assert cluster(site)["spec"]["replica"]["primary"] == "postgres-cluster-dr"
    assert "promotionToken" not in cluster(site)["spec"]["replica"]


def test_a_write_over_an_object_that_changed_meanwhile_is_refused_by_the_server(
    site: Site,
) -> None:
    apply(site)
    stale = cluster(site)
    site.kubectl.patch(
        KIND, site.document.namespace, site.document.cluster, {"spec": {"instances": 2}}
    )
    item = {
        "apiVersion": stale["apiVersion"],
        "kind": "Cluster",
        "metadata": {
            key: stale["metadata"][key] for key in ("name", "namespace", "resourceVersion")
        },
        "spec": {**stale["spec"], "instances": 5},
    }

    with pytest.raises(KubectlFailed) as failed:
        site.kubectl.apply(item)
    assert failed.value.failure is Failure.CONFLICT

    assert cluster(site)["spec"]["instances"] == 2
