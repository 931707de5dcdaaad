"""A cluster that a user brings is refused where it holds anything of ours, and never changed."""

from collections.abc import Iterator
from typing import Any

import pytest

from drill.grounds.kubectl import Kubectl
from drill.grounds.unused_cluster import ClusterUnfit, check
from drill.kubernetes.cluster_api import ClusterApi


@pytest.fixture
def api() -> Iterator[ClusterApi]:
    with ClusterApi() as api:
        yield api


@pytest.fixture
def kubectl(api: ClusterApi) -> Kubectl:
    return Kubectl(command=("kubectl", f"--server={api.url}"))


def _namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _chart(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "helm.cattle.io/v1",
        "kind": "HelmChart",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"chart": name},
    }


def _cluster() -> dict[str, Any]:
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": {"name": "somebody-elses", "namespace": "default"},
        "spec": {"instances": 1, "storage": {"size": "1Gi"}},
    }


OURS = {
    "the namespace postgres": _namespace("postgres"),
    "the namespace cnpg-system": _namespace("cnpg-system"),
    "the HelmChart cloudnative-pg": _chart("cloudnative-pg"),
    "the Cluster somebody-elses": _cluster(),
}


def test_a_cluster_with_what_k3s_itself_brings_is_taken(api: ClusterApi, kubectl: Kubectl) -> None:
    api.create(_chart("traefik"))

    assert check(kubectl, "a.kubeconfig")


def test_two_names_of_one_cluster_have_one_identity(kubectl: Kubectl) -> None:
    assert check(kubectl, "a.kubeconfig") == check(kubectl, "b.kubeconfig")


@pytest.mark.parametrize("what", OURS)
def test_a_used_cluster_is_refused_on_one_line(
    api: ClusterApi, kubectl: Kubectl, what: str
) -> None:
    if what.startswith("the Cluster"):
        api.install_operators()
    api.create(OURS[what])
    before = {kind: api.list(kind) for kind in ("Namespace", "HelmChart", "Cluster")}

    with pytest.raises(ClusterUnfit) as refused:
        check(kubectl, "a.kubeconfig")

    line = str(refused.value)
    assert line.startswith("a.kubeconfig: ")
    assert what in line
    assert "nothing was touched" in line
    assert "\n" not in line
    assert before == {kind: api.list(kind) for kind in ("Namespace", "HelmChart", "Cluster")}


def test_what_cannot_be_read_is_not_taken_for_absent() -> None:
    nobody = Kubectl(command=("kubectl", "--server=http://127.0.0.1:9"))

    with pytest.raises(ClusterUnfit, match=r"a\.kubeconfig: .*nothing was touched"):
        check(nobody, "a.kubeconfig")
