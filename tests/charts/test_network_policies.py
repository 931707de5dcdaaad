"""Who reaches whom, judged as the API defines it: a small evaluator of NetworkPolicies.

A connection passes where no policy selects the pod in that direction, or one rule allows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from topology.site import SITES, SiteName

METADATA = "169.254.169.254"
Policies = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Pod:
    """One end of a connection inside the cluster."""

    namespace: str = "postgres"
    labels: dict[str, str] = field(default_factory=dict)
    address: str = "10.42.1.7"


DATABASE = Pod(labels={"cnpg.io/cluster": "postgres-cluster", "cnpg.io/podRole": "instance"})
PEER = Pod(labels=DATABASE.labels, address="10.42.2.9")
RESTORED = Pod(labels={"cnpg.io/cluster": "restored-1", "cnpg.io/jobRole": "full-recovery"})
DUMP = Pod(labels={"app.kubernetes.io/name": "dump"})
OPERATOR = Pod(namespace="cnpg-system", labels={"app.kubernetes.io/name": "cloudnative-pg"})
PLUGIN = Pod(namespace="cnpg-system", labels={"app.kubernetes.io/name": "plugin-barman-cloud"})
PROMETHEUS = Pod(namespace="monitoring", labels={"app": "prometheus"})
INTRUDER = Pod(labels={"app": "intruder"})
STRANGERS = [Pod(namespace=name) for name in ("default", "kube-system", "cert-manager")]
COREDNS = Pod(namespace="kube-system", labels={"k8s-app": "kube-dns"})
SERVERS = {"primary": "10.0.1.5", "dr": "10.1.1.5"}
S3 = "52.218.0.1"
INTERNET = "198.51.100.4"


def reaches(policies: Policies, source: Pod | str, target: Pod | str, port: int) -> bool:
    """Whether both the source's egress and the target's ingress let the connection pass."""
    leaves = isinstance(source, str) or _passes(policies, source, "egress", target, port)
    enters = isinstance(target, str) or _passes(policies, target, "ingress", source, port)
    return leaves and enters


def _passes(policies: Policies, pod: Pod, direction: str, other: Pod | str, port: int) -> bool:
    selecting = [
        policy["spec"]
        for policy in policies
        if policy["metadata"]["namespace"] == pod.namespace
        and _selects(policy["spec"]["podSelector"], pod.labels)
        and direction.capitalize() in policy["spec"]["policyTypes"]
    ]
    if not selecting:
        return True
    rules = (rule for spec in selecting for rule in spec.get(direction, []))
    return any(_allows(rule, direction, pod, other, port) for rule in rules)


def _allows(rule: dict[str, Any], direction: str, pod: Pod, other: Pod | str, port: int) -> bool:
    peers = rule["from" if direction == "ingress" else "to"]
    ports = {p["port"] for p in rule.get("ports", [{"port": port}])}
    return port in ports and any(_is(peer, pod, other) for peer in peers)


def _is(peer: dict[str, Any], pod: Pod, other: Pod | str) -> bool:
    if "ipBlock" in peer:
        address = ip_address(other if isinstance(other, str) else other.address)
        block = peer["ipBlock"]
        return address in ip_network(block["cidr"]) and not any(
            address in ip_network(excluded) for excluded in block.get("except", [])
        )
    if isinstance(other, str):
        return False
    namespace = peer.get("namespaceSelector")
    wanted = {"kubernetes.io/metadata.name": other.namespace}
    in_namespace = (
        other.namespace == pod.namespace if namespace is None else _selects(namespace, wanted)
    )
    return in_namespace and _selects(peer.get("podSelector", {}), other.labels)


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    if not selector.get("matchLabels", {}).items() <= labels.items():
        return False
    for expression in selector.get("matchExpressions", []):
        value = labels.get(expression["key"])
        if expression["operator"] == "Exists" and value is None:
            return False
        if expression["operator"] == "NotIn" and value in expression["values"]:
            return False
    return True


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest) -> SiteName:
    """Each site in turn."""
    name: SiteName = request.param
    return name


@pytest.fixture
def policies(manifests: Any, site: SiteName) -> Policies:
    """The policies of the site."""
    found: Policies = manifests(site)["30-network-policies"]
    return found


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


def test_other_namespaces_lose_only_the_metadata_and_the_database(policies: Policies) -> None:
    for namespace in ("default", "kube-system", "cnpg-system", "cert-manager"):
        assert reaches(policies, Pod(namespace=namespace), INTERNET, 443)
        assert reaches(policies, Pod(namespace=namespace), SERVERS["primary"], 10250)
        assert reaches(policies, Pod(namespace=namespace), COREDNS, 53)


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
