"""What a verification makes and may delete, and how it compares: pure."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from charts.dump_restore import DUMP_RESTORE, NEWEST_DUMP, THROW_AWAY
from charts.manifests import synthesize
from drill.kubernetes.resource import Object
from host.archive import share_beside
from host.errors import Failed
from host.postgres.contents import Content
from host.postgres.damage import Differs
from host.verification import dump_restore
from host.verification.comparison import Comparison
from host.verification.throw_away_cluster import may_delete, throw_away_cluster
from tests.host.decisions.conftest import BIN, UNPRIVILEGED
from topology.load import load
from topology.names import VERIFIED_DATABASE
from topology.site import SITES, SiteName

MEMORY_OF_A_LOOK_MIB = 256 + 32
"""One value of 256 MiB, and what a session takes beside it (tests of host/postgres/contents.py)."""
HOT_STANDBY = {"max_connections": "200", "max_worker_processes": "32"}
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


@pytest.fixture(scope="module")
def scratch_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a server that never runs."""
    data = tmp_path_factory.mktemp("scratch") / "data"
    initdb = [str(BIN / "initdb"), "-D", str(data), "-U", "postgres", "--no-sync"]
    subprocess.run([*UNPRIVILEGED, *initdb], check=True, capture_output=True)
    return data


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

    assert spec["resources"]["limits"]["memory"] == "1536Mi"
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
    assert found.missing == ("only_archive", "only_dump")
    assert found.rows == 2


def test_what_could_not_be_read_is_neither_equal_nor_different() -> None:
    read = Content(rows=2, checksum="5")
    unread = Content(rows=0, checksum="", unread="canceling statement due to lock timeout")

    found = Comparison(archive={"a": read, "b": unread}, dump={"a": read, "b": read})

    assert found.differing == ()
    assert found.equal == ("a",)
    with pytest.raises(Failed, match="could not be read: b: canceling") as failed:
        found.judged(still=True)
    assert not isinstance(failed.value, Differs)


def test_a_table_of_one_of_the_two_is_a_difference_where_nobody_was_committing() -> None:
    kept = Content(rows=2, checksum="5")

    with pytest.raises(Differs, match=r"differ in: b$"):
        Comparison(archive={"a": kept, "b": kept}, dump={"a": kept}).judged(still=True)


@pytest.mark.parametrize(("archive", "dump"), [("ab", "a"), ("a", "ab")])
def test_what_may_just_have_been_made_or_dropped_is_no_difference_and_does_not_pass(
    archive: str, dump: str
) -> None:
    kept = Content(rows=2, checksum="5")
    found = Comparison(archive=dict.fromkeys(archive, kept), dump=dict.fromkeys(dump, kept))

    with pytest.raises(Failed, match=r"only the archive or only the dump has: b; ") as failed:
        found.judged(still=False)

    assert not isinstance(failed.value, Differs)


@pytest.mark.parametrize("still", [True, False])
def test_damage_is_a_difference_whether_the_moment_was_still_or_not(still: bool) -> None:
    damaged = Content(rows=0, checksum="", unread="invalid page in block 7", damaged=True)

    with pytest.raises(Differs, match="damaged: b: invalid page"):
        Comparison(archive={"b": damaged}, dump={"b": damaged}).judged(still=still)


@pytest.mark.parametrize(
    "live",
    [
        {},
        {"max_connections": "1000"},
        {"max_connections": "5000", "max_locks_per_transaction": "256"},
        {"max_connections": "300", "max_prepared_transactions": "300", "max_wal_senders": "50"},
        {"max_worker_processes": "200", "max_locks_per_transaction": "1024"},
        {"max_connections": "1000", "track_activity_query_size": "1MB"},
        {"max_connections": "1000", "io_max_concurrency": "1024"},
        {"max_connections": "1000", "max_pred_locks_per_transaction": "2048"},
        {"autovacuum_worker_slots": "20000", "autovacuum_max_workers": "20000"},
        {"min_dynamic_shared_memory": "1GB", "transaction_buffers": "512MB"},
        {"commit_timestamp_buffers": "512MB", "subtransaction_buffers": "512MB"},
        {"multixact_member_buffers": "512MB", "multixact_offset_buffers": "512MB"},
        {"notify_buffers": "512MB", "serializable_buffers": "512MB"},
    ],
)
def test_a_copy_gets_the_memory_that_the_live_settings_take(
    live: dict[str, str], scratch_data: Path
) -> None:
    """Held to what PostgreSQL itself computes from the copy's settings."""
    settings = {**HOT_STANDBY, **share_beside.parameters(live)}
    flags = [f"-c{name}={value}" for name, value in settings.items()]
    asked = subprocess.run(
        [
            *(*UNPRIVILEGED, str(BIN / "postgres"), "-D", str(scratch_data)),
            *(*flags, "-C", "shared_memory_size"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    limit = int(share_beside.resources(live)["limits"]["memory"].removesuffix("Mi"))

    assert limit - int(asked.stdout) >= MEMORY_OF_A_LOOK_MIB
