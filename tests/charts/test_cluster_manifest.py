"""The Clusters of both sites are the two halves of one database that can change hands."""

from collections.abc import Callable
from typing import Any

import pytest

from topology.rules.postgres import HOT_STANDBY_PARAMETERS
from topology.site import SITES, SiteName
from topology.topology import Topology

Configuration = Callable[..., Topology]
CONFIGS = ("default", "ha", "lab")
CLUSTERS = {"primary": "postgres-cluster", "dr": "postgres-cluster-dr"}


@pytest.fixture
def cluster(manifests: Any, the_only: Any) -> Callable[..., dict[str, Any]]:
    """The spec of a site's Cluster."""

    def of(site: SiteName, config: str = "default") -> dict[str, Any]:
        spec: dict[str, Any] = the_only(manifests(site, config)["50-cluster"], "Cluster")["spec"]
        return spec

    return of


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("site", SITES)
def test_both_sites_know_both_clusters_and_both_archives(
    manifests: Any, cluster: Any, config: str, site: SiteName
) -> None:
    stores = {store["metadata"]["name"] for store in manifests(site, config)["40-object-stores"]}
    external = {
        entry["name"]: entry["plugin"] for entry in cluster(site, config)["externalClusters"]
    }

    assert stores == {"store-primary", "store-dr"}
    assert {name: plugin["parameters"] for name, plugin in external.items()} == {
        "postgres-cluster": {"barmanObjectName": "store-primary", "serverName": "postgres-cluster"},
        "postgres-cluster-dr": {
            "barmanObjectName": "store-dr",
            "serverName": "postgres-cluster-dr",
        },
    }


@pytest.mark.parametrize("site", SITES)
def test_a_server_name_is_written_out_wherever_an_archive_is_named(
    cluster: Any, site: SiteName
) -> None:
    named = list(_mappings_with(cluster(site), "barmanObjectName"))

    assert len(named) == 3
    assert all(parameters["serverName"] for parameters in named)


@pytest.mark.parametrize("site", SITES)
def test_each_site_archives_into_its_own_store_under_its_own_name(
    cluster: Any, site: SiteName
) -> None:
    archivers = [p for p in cluster(site)["plugins"] if p["isWALArchiver"]]

    assert [p["parameters"] for p in archivers] == [
        {"barmanObjectName": f"store-{site}", "serverName": CLUSTERS[site]}
    ]


def test_the_replica_role_is_told_by_one_field_that_both_sites_agree_on(cluster: Any) -> None:
    primary, dr = cluster("primary")["replica"], cluster("dr")["replica"]

    assert primary == {
        "self": "postgres-cluster",
        "primary": "postgres-cluster",
        "source": "postgres-cluster-dr",
    }
    assert dr == {
        "self": "postgres-cluster-dr",
        "primary": "postgres-cluster",
        "source": "postgres-cluster",
    }


@pytest.mark.parametrize("writer", SITES)
def test_the_writer_is_made_new_and_the_other_restored_with_the_same_owner_and_secret(
    make: Any, the_only: Any, configuration: Configuration, writer: SiteName
) -> None:
    topology = configuration("default", writer=writer)
    other = topology.other(writer)
    owned = {"database": "app_db", "owner": "app_user", "secret": {"name": "app-user"}}

    new = the_only(make(topology, writer)["50-cluster"], "Cluster")["spec"]
    restored = the_only(make(topology, other)["50-cluster"], "Cluster")["spec"]

    assert owned.items() <= new["bootstrap"]["initdb"].items()
    assert new["bootstrap"]["initdb"]["dataChecksums"] is True
    assert restored["bootstrap"] == {"recovery": {**owned, "source": CLUSTERS[writer]}}
    assert new["replica"]["primary"] == restored["replica"]["primary"] == CLUSTERS[writer]


def test_a_site_with_three_instances_commits_only_what_a_second_one_has(cluster: Any) -> None:
    assert cluster("primary")["postgresql"]["synchronous"] == {
        "method": "any",
        "number": 1,
        "dataDurability": "required",
        "failoverQuorum": True,
    }


@pytest.mark.parametrize("instances", [1, 2])
def test_fewer_than_three_instances_never_make_commits_wait_for_a_lost_one(
    make: Any, the_only: Any, configuration: Configuration, instances: int
) -> None:
    topology = configuration("default", primary={"instances": instances})
    spec = the_only(make(topology, "primary")["50-cluster"], "Cluster")["spec"]

    assert "synchronous" not in spec["postgresql"]


def test_a_single_instance_does_not_block_the_drain_of_its_machine(cluster: Any) -> None:
    assert cluster("dr")["enablePDB"] is False
    assert cluster("primary")["enablePDB"] is True


@pytest.mark.parametrize("site", SITES)
def test_postgresql_has_stopped_before_the_kubelet_s_patience_ends(
    cluster: Any, site: SiteName
) -> None:
    spec, pg_ctl_seconds = cluster(site), 60

    assert spec["smartShutdownTimeout"] + pg_ctl_seconds < spec["stopDelay"] < 100


@pytest.mark.parametrize("config", CONFIGS)
def test_instances_keep_apart_and_stay_on_database_machines(cluster: Any, config: str) -> None:
    for site in SITES:
        spec = cluster(site, config)
        affinity = spec["affinity"]
        assert affinity["podAntiAffinityType"] == "required"
        assert affinity["topologyKey"] == "kubernetes.io/hostname"
        assert [c["topologyKey"] for c in spec["topologySpreadConstraints"]] == [
            "topology.kubernetes.io/zone"
        ]
    assert cluster("primary", config)["affinity"]["nodeSelector"] == {"workload": "postgres"}
    assert "nodeSelector" not in cluster("dr", config)["affinity"], "its server runs everything"


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("parameter", HOT_STANDBY_PARAMETERS)
def test_a_replica_could_replay_the_writer_whichever_site_it_is(
    cluster: Any, config: str, parameter: str
) -> None:
    values = {site: cluster(site, config)["postgresql"]["parameters"][parameter] for site in SITES}

    assert values["primary"] == values["dr"]


def test_the_configuration_has_the_last_word_on_a_setting(
    make: Any, the_only: Any, configuration: Configuration
) -> None:
    topology = configuration("default", dr={"parameters": {"work_mem": "3MB"}})
    parameters = {
        site: the_only(make(topology, site)["50-cluster"], "Cluster")["spec"]["postgresql"][
            "parameters"
        ]
        for site in SITES
    }

    assert parameters["dr"]["work_mem"] == "3MB" != parameters["primary"]["work_mem"]
    assert parameters["dr"]["max_connections"] == "200"


@pytest.mark.parametrize("site", SITES)
def test_clients_come_with_tls_and_scram_or_not_at_all(cluster: Any, site: SiteName) -> None:
    postgresql = cluster(site)["postgresql"]

    assert postgresql["pg_hba"] == ["hostnossl all all all reject"]
    assert postgresql["parameters"]["password_encryption"] == "scram-sha-256"
    assert cluster(site)["enableSuperuserAccess"] is False


@pytest.mark.parametrize("configured", [5, 30, 60, 300])
def test_a_row_reaches_the_other_region_as_soon_as_with_postgresql_s_own_retry_interval(
    make: Any, the_only: Any, configuration: Configuration, configured: int
) -> None:
    topology = configuration("default", database={"archive_timeout_seconds": configured})

    for site in SITES:
        parameters = _parameters(make, the_only, topology, site)
        archived = int(parameters["archive_timeout"].removesuffix("s"))
        looked_for = int(parameters["wal_retrieve_retry_interval"].removesuffix("s"))
        assert 0 < archived <= configured
        assert archived + looked_for <= configured + 5


def test_a_site_that_follows_by_the_archive_alone_looks_seldom_and_one_at_a_time(
    manifests: Any, cluster: Any
) -> None:
    seconds = cluster("dr")["postgresql"]["parameters"]["wal_retrieve_retry_interval"]
    (followed,) = [
        each["spec"]["configuration"]["wal"]
        for each in manifests("dr")["40-object-stores"]
        if each["metadata"]["name"] == "store-primary"
    ]

    starts_of_python = followed["maxParallel"] + 1
    assert starts_of_python * 0.4 / int(seconds.removesuffix("s")) <= 0.1


def test_standbys_do_not_wait_long_before_they_connect_to_a_new_primary(cluster: Any) -> None:
    assert cluster("primary")["postgresql"]["parameters"]["wal_retrieve_retry_interval"] == "2s"


@pytest.mark.parametrize("site", SITES)
def test_a_connection_is_never_idle_for_as_long_as_a_load_balancer_remembers(
    cluster: Any, site: SiteName
) -> None:
    assert int(cluster(site)["postgresql"]["parameters"]["tcp_keepalives_idle"]) < 350


def test_an_elected_standby_takes_over_within_seconds_and_as_the_webhook_demands(
    cluster: Any,
) -> None:
    lease = cluster("primary")["primaryLease"]

    assert lease["leaseDurationSeconds"] <= 5
    assert lease["leaseDurationSeconds"] > lease["renewDeadlineSeconds"]
    assert 5 * lease["renewDeadlineSeconds"] > 6 * lease["retryPeriodSeconds"]
    assert "primaryLease" not in cluster("dr"), "one instance has nobody to take over"


@pytest.mark.parametrize("site", SITES)
def test_files_outlive_their_claims(manifests: Any, cluster: Any, site: SiteName) -> None:
    (storage_class,) = manifests(site)["21-storage-class"]

    assert storage_class["provisioner"] == "rancher.io/local-path"
    assert storage_class["reclaimPolicy"] == "Retain"
    assert storage_class["volumeBindingMode"] == "WaitForFirstConsumer"
    for claim in ("storage", "walStorage"):
        assert cluster(site)[claim]["storageClass"] == storage_class["metadata"]["name"]


@pytest.mark.parametrize("site", SITES)
def test_no_claim_is_told_to_grow(manifests: Any, cluster: Any, site: SiteName) -> None:
    (storage_class,) = manifests(site)["21-storage-class"]

    assert "allowVolumeExpansion" not in storage_class
    assert cluster(site)["storage"]["resizeInUseVolumes"] is False


@pytest.mark.parametrize("site", SITES)
def test_the_dump_user_reads_everything_and_owns_nothing(cluster: Any, site: SiteName) -> None:
    (role,) = cluster(site)["managed"]["roles"]

    assert role["name"] == "dump_user"
    assert role["inRoles"] == ["pg_read_all_data"]
    assert role["bypassrls"] is True
    assert role["passwordSecret"] == {"name": "dump-user"}
    assert not {"superuser", "createdb", "createrole", "replication"} & role.keys()


def test_the_writer_answers_on_the_agreed_node_port_unless_a_pooler_does(
    make: Any, the_only: Any, configuration: Configuration, cluster: Any
) -> None:
    pooled = make(configuration("default", database={"pooler_instances": 2}), "primary")
    behind = the_only(pooled["50-cluster"], "Cluster")["spec"]
    pooler = the_only(pooled["70-pooler"], "Pooler")["spec"]

    assert _node_ports(_writer_service(cluster("primary"))) == [30432]
    assert _node_ports(_writer_service(behind)) == [None]
    assert _node_ports(pooler["serviceTemplate"]) == [30432]
    assert pooler["pgbouncer"]["pg_hba"] == ["hostnossl all all all reject"]


def _parameters(make: Any, the_only: Any, topology: Any, site: SiteName) -> dict[str, str]:
    spec = the_only(make(topology, site)["50-cluster"], "Cluster")["spec"]
    parameters: dict[str, str] = spec["postgresql"]["parameters"]
    return parameters


def _writer_service(spec: dict[str, Any]) -> dict[str, Any]:
    (service,) = spec["managed"]["services"]["additional"]
    assert service["selectorType"] == "rw"
    template: dict[str, Any] = service["serviceTemplate"]
    return template


def _node_ports(template: dict[str, Any]) -> list[int | None]:
    return [port.get("nodePort") for port in template["spec"]["ports"]]


def _mappings_with(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        if key in value:
            yield value
        for inner in value.values():
            yield from _mappings_with(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _mappings_with(inner, key)
