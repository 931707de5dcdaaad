"""Who reaches the operators and k3s' own pods, and what they reach."""

import pytest

from tests.charts.policy_evaluator import (
    CERT_MANAGER,
    COREDNS,
    DATABASE,
    DUMP,
    HELM_JOB,
    INTERNET,
    INTRUDER,
    METADATA,
    METRICS_SERVER,
    OPERATOR,
    PLUGIN,
    PROMETHEUS,
    SERVERS,
    Pod,
    Policies,
    reaches,
)
from topology.site import SiteName

NAMESPACES = ("default", "kube-system", "cnpg-system", "cert-manager", "postgres")


def test_every_namespace_denies_by_default_what_no_policy_allows(policies: Policies) -> None:
    denying = {
        policy["metadata"]["namespace"]
        for policy in policies
        if policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    }

    assert denying == {*NAMESPACES, "kube-public", "kube-node-lease"}


def test_the_api_server_calls_webhooks_of_its_own_machine_and_of_others(
    policies: Policies, site: SiteName
) -> None:
    for machine in (SERVERS[site], "10.42.3.0"):
        assert reaches(policies, machine, OPERATOR, 9443)
        assert reaches(policies, machine, CERT_MANAGER, 10250)
        assert reaches(policies, machine, METRICS_SERVER, 10250)


def test_operators_reach_the_api_server_names_and_what_they_operate(
    policies: Policies, site: SiteName
) -> None:
    for pod in (OPERATOR, PLUGIN, CERT_MANAGER):
        assert reaches(policies, pod, SERVERS[site], 6443)
        assert reaches(policies, pod, COREDNS, 53)
        assert not reaches(policies, pod, INTERNET, 443)
    assert reaches(policies, OPERATOR, PLUGIN, 9090)
    assert reaches(policies, OPERATOR, DATABASE, 8000)
    assert not reaches(policies, PLUGIN, DATABASE, 8000)
    assert not reaches(policies, CERT_MANAGER, DATABASE, 8000)


def test_prometheus_reaches_the_metrics_of_the_operators_and_of_coredns(
    policies: Policies,
) -> None:
    assert reaches(policies, PROMETHEUS, OPERATOR, 8080)
    assert reaches(policies, PROMETHEUS, CERT_MANAGER, 9402)
    assert reaches(policies, PROMETHEUS, COREDNS, 9153)


def test_pods_of_k3s_fetch_charts_and_ask_the_resolver_of_the_vpc(
    policies: Policies, site: SiteName
) -> None:
    assert reaches(policies, HELM_JOB, INTERNET, 443)
    assert reaches(policies, HELM_JOB, SERVERS[site], 6443)
    assert reaches(policies, HELM_JOB, COREDNS, 53)
    assert reaches(policies, COREDNS, SERVERS[site], 53)
    assert reaches(policies, METRICS_SERVER, SERVERS[site], 10250)


def test_of_the_pods_of_k3s_only_coredns_and_the_metrics_server_are_reached(
    policies: Policies, site: SiteName
) -> None:
    for source in (INTRUDER, COREDNS, SERVERS[site]):
        assert not reaches(policies, source, HELM_JOB, 443)
    assert not reaches(policies, COREDNS, METRICS_SERVER, 443)


def test_pods_of_the_namespace_default_have_no_network(policies: Policies, site: SiteName) -> None:
    for other in (OPERATOR, COREDNS, SERVERS[site], INTERNET):
        assert not reaches(policies, Pod(namespace="default"), other, 443)
        assert not reaches(policies, other, Pod(namespace="default"), 443)
    assert not reaches(policies, Pod(namespace="default"), COREDNS, 53)


@pytest.mark.parametrize("target", [OPERATOR, PLUGIN, CERT_MANAGER])
def test_the_database_and_strangers_reach_no_operator(policies: Policies, target: Pod) -> None:
    for source in (DATABASE, DUMP, INTRUDER, Pod(namespace="default"), Pod(namespace="user")):
        for port in (8000, 9090):
            assert not reaches(policies, source, target, port)


def test_only_pods_that_use_s3_reach_the_machine_s_credentials(policies: Policies) -> None:
    everybody = [Pod(namespace=name) for name in NAMESPACES]
    for pod in (*everybody, OPERATOR, PLUGIN, CERT_MANAGER, METRICS_SERVER, HELM_JOB, COREDNS):
        assert not reaches(policies, pod, METADATA, 80), pod
