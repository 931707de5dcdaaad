"""`replication: streaming` in the manifests: one external cluster, two ways to its WAL."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.charts.policy_evaluator import DATABASE, reaches
from topology.site import SITES, SiteName, other_site
from topology.topology import Topology

PEERS = {"primary": "10.1.0.10", "dr": "10.0.0.10"}
"""An address of the other site's network."""
site_of = pytest.mark.parametrize("site", SITES)


@pytest.fixture(scope="module")
def streaming(configuration: Callable[..., Topology]) -> Topology:
    return configuration("default", replication="streaming")


@pytest.fixture(scope="module")
def spec(make: Any, the_only: Any, streaming: Topology) -> Callable[[SiteName], dict[str, Any]]:
    """The spec of a site's Cluster."""

    def of(site: SiteName) -> dict[str, Any]:
        found: dict[str, Any] = the_only(make(streaming, site)["50-cluster"], "Cluster")["spec"]
        return found

    return of


@site_of
def test_a_site_streams_from_the_other_one_and_never_from_itself(
    spec: Any, streaming: Topology, site: SiteName
) -> None:
    streamed = [each for each in spec(site)["externalClusters"] if "connectionParameters" in each]

    (source,) = streamed
    assert (
        source["name"]
        == streaming.site(other_site(site)).cluster
        == spec(site)["replica"]["source"]
    )
    assert source["connectionParameters"]["host"] == f"{other_site(site)}.pgtwin.internal"


@site_of
def test_what_is_streamed_from_can_be_followed_by_its_archive_too(
    spec: Any, site: SiteName
) -> None:
    assert all(
        each["plugin"]["parameters"]["serverName"] for each in spec(site)["externalClusters"]
    )


@site_of
def test_both_ends_prove_themselves_by_the_authority_that_they_share(
    spec: Any, site: SiteName
) -> None:
    (source,) = (each for each in spec(site)["externalClusters"] if "sslCert" in each)

    assert source["connectionParameters"]["sslmode"] == "verify-full"
    assert "password" not in source
    assert source["sslCert"]["name"] == source["sslKey"]["name"]
    assert source["sslRootCert"]["name"] == spec(site)["certificates"]["serverCASecret"]
    assert source["sslCert"]["name"] == spec(site)["certificates"]["replicationTLSSecret"]


@site_of
def test_a_path_that_is_gone_is_noticed_before_the_archive_is_missed(
    spec: Any, site: SiteName
) -> None:
    (source,) = (each for each in spec(site)["externalClusters"] if "sslCert" in each)

    assert 0 < int(source["connectionParameters"]["tcp_user_timeout"]) <= 10_000


@site_of
@pytest.mark.parametrize(("replication", "open_"), [("archive", False), ("streaming", True)])
def test_the_databases_pods_reach_the_other_site_only_where_they_stream(
    make: Any,
    configuration: Callable[..., Topology],
    site: SiteName,
    replication: str,
    open_: bool,
) -> None:
    policies = make(configuration("default", replication=replication), site)["30-network-policies"]

    assert reaches(policies, DATABASE, PEERS[site], 5432) == open_
    assert not reaches(policies, DATABASE, PEERS[site], 30432)


def test_the_archive_carries_less_of_the_bound_where_it_is_only_the_fallback(
    spec: Any, streaming: Topology
) -> None:
    """PostgreSQL's own pace: the stream is asked for again at every look."""
    parameters = spec("dr")["postgresql"]["parameters"]

    assert parameters["wal_retrieve_retry_interval"] == "5s"
    assert parameters["archive_timeout"] == f"{streaming.database.archive_timeout_seconds}s"
