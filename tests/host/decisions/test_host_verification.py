"""What a verification makes and may delete, and how it compares: pure."""

from pathlib import Path
from typing import Any

import pytest

from charts.dump_restore import DUMP_RESTORE, NEWEST_DUMP, THROW_AWAY, VERIFIED_DATABASE
from charts.manifests import synthesize
from drill.kubernetes.resource import Object
from host.postgres.contents import Content
from host.verification import dump_restore
from host.verification.comparison import Comparison
from host.verification.throw_away_cluster import may_delete, throw_away_cluster
from topology.load import load
from topology.site import SITES, SiteName

LIVE = ("postgres-cluster", "postgres-cluster-dr")
Manifests = dict[SiteName, dict[str, Object]]


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Manifests:
    """The Cluster and the PodTemplate of both sites."""
    from ruamel.yaml import YAML

    found: Manifests = {}
    for site in SITES:
        paths = synthesize(load(Path("config/default.yaml")), site, tmp_path_factory.mktemp(site))
        documents = [d for path in paths for d in YAML(typ="safe", pure=True).load_all(path) if d]
        found[site] = {each["kind"]: each for each in documents}
    return found


def made(live: Object, **changes: Any) -> Object:
    arguments = {
        "name": "verify-20261122060000",
        "machine": "server-1",
        "store": "store-primary",
        "server_name": "postgres-cluster",
        "target": {"backupID": "20261122T020000", "targetLSN": "0/3000148", "exclusive": True},
    }
    return throw_away_cluster(live, **{**arguments, **changes})


@pytest.mark.parametrize("site", SITES)
def test_a_throw_away_can_write_into_no_archive_and_serve_no_client(
    manifests: Manifests, site: SiteName
) -> None:
    spec = made(manifests[site]["Cluster"])["spec"]

    assert not {"plugins", "replica", "managed"} & spec.keys()
    assert spec["instances"] == 1


@pytest.mark.parametrize("site", SITES)
def test_its_volumes_go_with_their_claims(manifests: Manifests, site: SiteName) -> None:
    spec = made(manifests[site]["Cluster"])["spec"]

    assert {spec[key]["storageClass"] for key in ("storage", "walStorage")} == {"local-path"}


@pytest.mark.parametrize("site", SITES)
def test_it_fits_beside_the_live_database_and_replays_its_wal(
    manifests: Manifests, site: SiteName
) -> None:
    live = manifests[site]["Cluster"]
    spec = made(live)["spec"]
    ours, theirs = spec["postgresql"]["parameters"], live["spec"]["postgresql"]["parameters"]

    assert spec["resources"]["limits"]["memory"] == "512Mi"
    assert ours["shared_buffers"] == "64MB"
    for name in ("max_connections", "max_worker_processes", "max_wal_senders"):
        assert ours[name] == theirs[name], "a replay needs them as large as they were"


@pytest.mark.parametrize("site", SITES)
def test_only_what_it_made_may_be_deleted(manifests: Manifests, site: SiteName) -> None:
    live = manifests[site]["Cluster"]
    item = made(live)
    renamed = {**item, "metadata": {**item["metadata"], "name": "before-the-mistake"}}
    unlabelled = {**item, "metadata": {**item["metadata"], "labels": {}}}
    archiving = {**item, "spec": {**item["spec"], "plugins": live["spec"]["plugins"]}}
    following = {**item, "spec": {**item["spec"], "replica": live["spec"]["replica"]}}

    assert may_delete(item, sites=LIVE)
    for other in (live, renamed, unlabelled, archiving, following):
        assert not may_delete(other, sites=LIVE)
    assert not may_delete(item, sites=(*LIVE, "verify-20261122060000"))


@pytest.mark.parametrize("site", SITES)
def test_the_dump_s_job_reaches_the_throw_away_and_nothing_else(
    manifests: Manifests, site: SiteName
) -> None:
    template = manifests[site]["PodTemplate"]
    assert template["metadata"]["name"] == DUMP_RESTORE == dump_restore.TEMPLATE

    job = dump_restore.restore_job(template, cluster="verify-1", dump="20261122T040000Z")

    pod = job["spec"]["template"]["spec"]
    text = str([pod[part] for part in ("initContainers", "containers", "volumes")])
    assert "verify-1-rw" in text
    assert "verify-1-superuser" in text
    assert "verify-1-ca" in text
    assert not [word for word in (THROW_AWAY, NEWEST_DUMP, *LIVE) if f"'{word}" in text]
    assert job["metadata"]["name"] == "verify-1"
    assert dump_restore.restored_database(template) == VERIFIED_DATABASE


def test_a_comparison_names_every_table_that_is_not_the_same() -> None:
    same, other = Content(rows=2, checksum="5"), Content(rows=2, checksum="6")

    found = Comparison(
        archive={"a": same, "b": same, "only_archive": same},
        dump={"a": same, "b": other, "only_dump": same},
    )

    assert found.differing == ("b", "only_archive", "only_dump")
    assert found.missing() == ("only_archive", "only_dump")
    assert found.rows == 2
