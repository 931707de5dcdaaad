"""Who reaches the database and what its pods reach, with all policies of a site in force."""

from collections.abc import Iterator
from typing import Any

from tests.charts.policy_evaluator import (
    COREDNS,
    DATABASE,
    DUMP,
    INTERNET,
    INTRUDER,
    METADATA,
    OPERATOR,
    PEER,
    PLUGIN,
    PROMETHEUS,
    RESTORED,
    S3,
    SERVERS,
    STRANGERS,
    Pod,
    Policies,
    reaches,
)
from topology.site import SiteName


def _allowed(site: SiteName) -> Iterator[tuple[Pod | str, Pod | str, int]]:
    server = SERVERS[site]
    yield from ((OPERATOR, DATABASE, port) for port in (8000, 5432))
    yield from ((DATABASE, PEER, port) for port in (8000, 5432))
    yield from ((pod, server, 6443) for pod in (DATABASE, RESTORED))
    yield from ((pod, S3, 443) for pod in (DATABASE, RESTORED, DUMP))
    yield from ((pod, METADATA, 80) for pod in (DATABASE, RESTORED, DUMP))
    yield from ((pod, COREDNS, 53) for pod in (DATABASE, DUMP))
    yield DUMP, DATABASE, 5432
    yield PROMETHEUS, DATABASE, 9187
    yield server, DATABASE, 5432
    yield "10.42.3.0", DATABASE, 5432


def _refused(site: SiteName) -> Iterator[tuple[Pod | str, Pod | str, int]]:
    server = SERVERS[site]
    yield INTERNET, DATABASE, 5432
    yield from ((INTRUDER, target, port) for target, port in ((METADATA, 80), (S3, 443)))
    yield INTRUDER, DATABASE, 5432
    yield PLUGIN, DATABASE, 8000
    yield from ((stranger, DATABASE, 5432) for stranger in STRANGERS)
    yield server, DATABASE, 8000
    yield DUMP, server, 6443
    yield DUMP, DATABASE, 8000
    yield DATABASE, DUMP, 5432
    yield DATABASE, INTERNET, 25
    yield from ((DATABASE, other, 443) for other in (OPERATOR, "10.43.0.9"))
    yield from (
        (Pod(namespace=namespace), METADATA, 80)
        for namespace in ("default", "kube-system", "cnpg-system", "cert-manager")
    )


def test_every_connection_that_the_system_needs_passes(policies: Policies, site: SiteName) -> None:
    for source, target, port in _allowed(site):
        assert reaches(policies, source, target, port), (source, target, port)


def test_every_other_connection_is_refused(policies: Policies, site: SiteName) -> None:
    for source, target, port in _refused(site):
        assert not reaches(policies, source, target, port), (source, target, port)


def test_networks_of_clients_are_let_in_beside_the_load_balancer_s(
    make: Any, configuration: Any
) -> None:
    topology = configuration("default", primary={"client_cidrs": ["172.31.0.0/16"]})
    policies = make(topology, "primary")["30-network-policies"]

    assert reaches(policies, "172.31.9.9", DATABASE, 5432)
    assert reaches(policies, SERVERS["primary"], DATABASE, 5432), "the health checks come from here"
    assert not reaches(policies, INTERNET, DATABASE, 5432)


def test_a_pooler_reaches_the_database_and_nothing_of_aws(make: Any, configuration: Any) -> None:
    topology = configuration("default", database={"pooler_instances": 2})
    policies = make(topology, "primary")["30-network-policies"]
    pooler = Pod(
        labels={
            "cnpg.io/poolerName": "pooler-rw",
            "cnpg.io/cluster": "postgres-cluster",
            "cnpg.io/podRole": "pooler",
        }
    )

    assert reaches(policies, SERVERS["primary"], pooler, 5432)
    assert reaches(policies, pooler, DATABASE, 5432)
    assert reaches(policies, pooler, SERVERS["primary"], 6443)
    assert not reaches(policies, pooler, METADATA, 80)
    assert not reaches(policies, pooler, S3, 443)


def test_every_namespace_demands_restricted_pods_and_the_operators_warns(
    manifests: Any, site: SiteName
) -> None:
    namespaces = {n["metadata"]["name"]: n["metadata"] for n in manifests(site)["20-namespace"]}
    wanted = dict.fromkeys(("enforce", "audit", "warn"), "restricted")

    levels = {
        name: {mode: metadata["labels"][f"pod-security.kubernetes.io/{mode}"] for mode in wanted}
        for name, metadata in namespaces.items()
    }

    assert levels == {
        "postgres": wanted,
        "cert-manager": wanted,
        "cnpg-system": wanted | {"enforce": "privileged"},
    }
