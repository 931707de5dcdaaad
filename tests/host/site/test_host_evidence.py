"""What a site tells about itself, and the copies that it takes."""

import json
import threading
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from drill.kubernetes.pod_exec import ExecResult
from drill.operator.scripted.sql import ScriptedSql
from host.archive import hole
from host.archive.archive import Archive
from host.archive.generations import and_earlier
from host.errors import Failed, Refused
from host.evidence.status_reader import StatusReader
from host.kubernetes import backups
from host.verbs import backup, dump, report, restore, status
from host.verification.choice import choose
from tests.host.site.edges import FastClock
from tests.host.site.world import World
from topology.names import PHYSICAL_PREFIXES

HEALTHY = "Cluster in healthy state"


@pytest.fixture
def primary(world: World) -> World:
    """The primary site at work."""
    world.clock = FastClock()
    world.start_operator()
    world.apply()
    world.eventually(lambda: world.cluster().get("status", {}).get("phase") == HEALTHY)
    return world


def do(verb: Any, world: World, **arguments: Any) -> dict[str, Any]:
    given = {"begin": False, "state": False, **arguments}
    result: dict[str, Any] = verb.run(world.machine, Namespace(**given))
    return result


def metrics(world: World) -> dict[str, float]:
    found = world.client("cloudwatch").list_metrics(Namespace="pgtwin/pgtwin")["Metrics"]
    dimensions = {json.dumps(sorted(d["Value"] for d in each["Dimensions"])) for each in found}
    assert dimensions <= {json.dumps(["postgres-cluster", "primary"])}
    now = datetime.now(UTC)
    return {
        each["MetricName"]: world.client("cloudwatch").get_metric_statistics(
            Namespace="pgtwin/pgtwin",
            MetricName=each["MetricName"],
            Dimensions=each["Dimensions"],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=7200,
            Statistics=["Maximum"],
        )["Datapoints"][0]["Maximum"]
        for each in found
    }


def test_a_heartbeat_table_that_is_not_ours_is_in_the_status(
    primary: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = ScriptedSql._look
    refused = {"heartbeat_refused": "it is no table"}
    monkeypatch.setattr(ScriptedSql, "_look", lambda *asked: {**look(*asked), **refused})

    errors = do(status, primary)["errors"]

    assert errors["heartbeat"] == "it is no table; rename that schema, or drop what is there"


def test_a_standby_that_is_ready_and_receives_no_wal_is_counted(
    primary: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = ScriptedSql._look
    receivers, place = ["postgres-cluster-3", "elsewhere"], ["far in /far"]
    seen = {"receivers": receivers, "lost_slots": [], "tablespaces": place}
    streams = {"standbys": seen}
    monkeypatch.setattr(ScriptedSql, "_look", lambda *asked: {**look(*asked), **streams})

    do(report, primary)

    told = do(status, primary)["standbys"]
    assert told == {"not_streaming": 1, "lost_slots": (), "tablespaces": tuple(place)}
    assert metrics(primary)["StandbysNotStreaming"] == 1


def test_a_report_replaces_lost_slots_in_the_leading_instance(
    primary: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, asked = ScriptedSql._look, []
    slots = ["_cnpg_postgres_cluster_2"]
    lost = {"standbys": {"receivers": [], "lost_slots": slots, "tablespaces": []}}
    monkeypatch.setattr(ScriptedSql, "_look", lambda *args: {**look(*args), **lost})
    renew = "pg_create_physical_replication_slot"
    script = ScriptedSql._script

    def answers(sql: ScriptedSql, server: Any, text: str) -> ExecResult:
        if renew in text:
            asked.append(server.instance.name)
            return ExecResult(stdout='["_cnpg_postgres_cluster_2"]\n')
        return script(sql, server, text)

    monkeypatch.setattr(ScriptedSql, "_script", answers)

    do(report, primary)

    assert asked == ["postgres-cluster-1"]


def test_a_segment_that_nobody_has_is_named_until_it_arrives(
    primary: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = ScriptedSql._look
    failed_over = {"history": {"1": "0/5000028"}}
    monkeypatch.setattr(ScriptedSql, "_look", lambda *args: {**look(*args), **failed_over})
    first, lost = "000000010000000000000001", "000000010000000000000003"
    present = ["000000010000000000000002", "000000010000000000000004"]
    monkeypatch.setattr(hole, "archive_again", Mock(return_value=(lost,)))
    for segment in (first, *present):
        put_segment(primary, segment)
    do(report, primary)

    said = do(status, primary)["errors"]["archive"]
    put_segment(primary, lost)
    do(report, primary)

    assert lost in said
    assert "run: pgtwin backup now --site primary" in said
    assert "pgtwin failback --site dr --stay" in said
    assert "archive" not in do(status, primary)["errors"]


def test_only_segments_that_the_archive_lacks_are_archived_again(
    primary: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, again = ScriptedSql._look, Mock(return_value=())
    failed_over = {"history": {"1": "1/80000028"}}
    monkeypatch.setattr(ScriptedSql, "_look", lambda *args: {**look(*args), **failed_over})
    monkeypatch.setattr(hole, "archive_again", again)
    for segment in ("00000001000000010000007D", "00000001000000010000007F"):
        put_segment(primary, segment)

    do(report, primary)
    put_segment(primary, "00000001000000010000007E")
    do(report, primary)
    do(report, primary)

    assert [each.kwargs["segments"] for each in again.call_args_list] == [
        ["00000001000000010000007E"]
    ]


def put_segment(world: World, name: str) -> None:
    prefix = PHYSICAL_PREFIXES["primary"]
    key = f"{prefix}/postgres-cluster/wals/{name[:16]}/{name}.gz"
    world.client("s3").put_object(Bucket=world.bucket("primary"), Key=key, Body=b"")


def test_a_report_beats_and_puts_the_metrics_that_the_alarms_watch(primary: World) -> None:
    do(backup, primary)

    result = do(report, primary)

    found = metrics(primary)
    assert result["heartbeat"]
    assert found["ReadyInstances"] == 3
    assert found["MissingInstances"] == 0
    assert found["StandbysNotStreaming"] == 0
    assert found["NodesNotReady"] == 0
    assert found["OperatorsUnavailable"] == 0
    assert found["WriterConflict"] == 0
    assert found["ConfiguredWriterDiffers"] == 0
    assert found["ArchiveFailed"] == 0
    assert 0 <= found["HeartbeatAgeSeconds"] < 60
    assert 0 <= found["LastBaseBackupAgeSeconds"] < 600
    assert 0 <= found["HistoryMissingSeconds"] < 600
    assert 0 <= found["LastDumpAgeSeconds"] < 600


def test_the_age_of_etcds_newest_snapshot_is_known_and_descriptions_are_none(
    primary: World,
) -> None:
    bucket, s3 = primary.bucket("primary"), primary.client("s3")
    before = do(status, primary)["etcd_snapshots"]
    s3.put_object(Bucket=bucket, Key="etcd/etcd-snapshot-server-1-1000", Body=b"a")
    s3.put_object(Bucket=bucket, Key="etcd/.metadata/etcd-snapshot-server-1-2000", Body=b"a")

    found = do(status, primary)["etcd_snapshots"]

    assert before["newest_name"] is None
    assert found["newest_name"] == "etcd-snapshot-server-1-1000"
    assert 0 <= found["newest_age_seconds"] < 600


def test_a_dump_counts_only_with_its_marker(primary: World) -> None:
    bucket, s3 = primary.bucket("primary"), primary.client("s3")
    for moment, complete in (("20261121T040000Z", True), ("20261122T040000Z", False)):
        s3.put_object(Bucket=bucket, Key=f"dumps/app_db/{moment}/toc.dat", Body=b"")
        if complete:
            s3.put_object(Bucket=bucket, Key=f"dumps/app_db/{moment}/COMPLETE", Body=b"")

    assert do(status, primary)["dumps"]["newest_id"] == "20261121T040000Z"


def test_a_status_without_an_api_server_is_still_a_document(primary: World) -> None:
    site = primary.site
    primary.api.faults.api_away(60)

    document = StatusReader(site).read()

    assert document.state is None
    assert document.nodes is None
    assert document.record is not None
    assert document.record.writer == "primary"
    assert {"cluster", "nodes", "operators"} <= set(document.errors)


def test_a_status_fits_into_what_session_manager_hands_back(primary: World) -> None:
    assert len(json.dumps(do(status, primary), indent=2)) < 24_000


def test_a_machine_that_has_not_joined_is_not_ready(primary: World) -> None:
    primary.api.delete("Node", "agent-3", "")

    nodes = do(status, primary)["nodes"]

    assert [node["name"] for node in nodes if not node["ready"]] == ["agent-3"]


def test_a_backup_is_taken_and_named(primary: World) -> None:
    result = do(backup, primary)

    taken = primary.api.get("Backup", result["name"])
    assert taken is not None
    assert taken["spec"]["method"] == "plugin"
    assert result["backup"] == taken["status"]["backupId"]


def test_a_repeat_waits_for_the_backup_that_is_under_way(primary: World) -> None:
    site = primary.site
    name = backup._begin(site)

    assert do(backup, primary)["name"] == name
    assert len(primary.api.list("Backup", labels=f"{backup.OURS}=host")) == 1


def test_a_base_backup_that_nobody_waits_for_is_under_way(primary: World) -> None:
    result = do(backup, primary, begin=True)

    found = primary.api.get("Backup", result["name"])
    assert found is not None
    assert found["status"]["phase"] in (*backups.BEGUN, *backups.OVER)


def test_the_state_alone_is_that_of_the_whole_document(primary: World) -> None:
    alone, whole = do(status, primary, state=True), do(status, primary)

    assert alone.keys() == {"site", "state", "errors"}
    for state in (alone["state"], whole["state"]):
        state.pop("heartbeat_age_seconds")
    assert alone["state"] == whole["state"]


def finish_jobs(primary: World, condition: str, stop: threading.Event) -> threading.Thread:
    """A Job controller that ends every Job at once."""

    def work() -> None:
        while not stop.wait(0.02):
            for job in primary.api.list("Job", "postgres"):
                status = {"conditions": [{"type": condition, "status": "True"}]}
                primary.api.patch_status("Job", job["metadata"]["name"], status)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_moment_that_is_said_to_be_restorable_is(primary: World) -> None:
    before = datetime.now(UTC) - timedelta(hours=1)
    primary.put_base_backup("primary")
    after = datetime.now(UTC) - timedelta(hours=1)

    said = do(status, primary)["base_backups"]["restorable_from"]

    assert before <= datetime.fromisoformat(said) < after + timedelta(seconds=1)
    do(restore, primary, at=said, into="as-it-was", source=None)


def test_a_dump_runs_the_daily_job_once_more(primary: World) -> None:
    stop = threading.Event()
    thread = finish_jobs(primary, "Complete", stop)
    key = "dumps/app_db/20261122T101112Z/COMPLETE"
    primary.client("s3").put_object(Bucket=primary.bucket("primary"), Key=key, Body=b"")

    result = do(dump, primary)
    stop.set()
    thread.join()

    job = primary.api.get("Job", result["job"])
    template = primary.api.get("CronJob", "dump")
    assert job is not None
    assert template is not None
    wanted = template["spec"]["jobTemplate"]["spec"]["template"]["spec"]["initContainers"]
    assert job["spec"]["template"]["spec"]["initContainers"] == wanted
    assert result["dump"] == "20261122T101112Z"


def test_a_dump_that_failed_says_why(primary: World) -> None:
    stop = threading.Event()
    thread = finish_jobs(primary, "Failed", stop)

    with pytest.raises(Failed, match=r"the dump dump-\d+ failed: its pod is gone"):
        do(dump, primary)

    stop.set()
    thread.join()


def test_a_replica_takes_no_dump_and_names_the_site_that_does(dr: World) -> None:
    dr.record(epoch=1, writer="primary")
    dr.put_base_backup("primary")
    dr.apply()

    with pytest.raises(Refused, match="run: pgtwin dump now --site primary"):
        do(dump, dr)


def test_a_fenced_site_takes_no_base_backup_and_nobody_is_told_to_lift_the_fence(
    primary: World,
) -> None:
    fenced = {"cnpg.io/fencedInstances": '["*"]'}
    name = primary.cluster()["metadata"]["name"]
    primary.api.patch("Cluster", name, {"metadata": {"annotations": fenced}})

    with pytest.raises(Refused, match="is fenced; nothing was changed - run: pgtwin status"):
        do(backup, primary)


def test_a_site_without_a_base_backup_names_itself_in_the_next_command(dr: World) -> None:
    with pytest.raises(Refused, match="run: pgtwin backup now --site dr"):
        choose(dr.site, "postgres-cluster-dr")


def a_minute_ago() -> str:
    return (datetime.now(UTC) - timedelta(minutes=1)).isoformat()


def test_a_restore_makes_a_cluster_that_stands_alone(primary: World) -> None:
    primary.put_base_backup("primary")

    do(restore, primary, at=a_minute_ago(), into="as-it-was", source=None)

    made = primary.api.get("Cluster", "as-it-was")
    assert made is not None
    assert "plugins" not in made["spec"]
    assert "replica" not in made["spec"]
    assert "managed" not in made["spec"]
    origin = made["spec"]["externalClusters"][0]["plugin"]["parameters"]
    assert origin == {"barmanObjectName": "store-primary", "serverName": "postgres-cluster"}


def test_a_restore_to_before_an_upgrade_has_the_old_version_and_settings_that_it_knows(
    primary: World,
) -> None:
    primary.put_base_backup("primary", version=170010)
    told = {"spec": {"postgresql": {"parameters": {"io_method": "worker", "work_mem": "8MB"}}}}
    primary.api.patch("Cluster", "postgres-cluster", told)

    do(restore, primary, at=a_minute_ago(), into="as-it-was", source=None)

    made = primary.api.get("Cluster", "as-it-was")
    assert made is not None
    assert ":17." in made["spec"]["imageName"]
    assert "work_mem" in made["spec"]["postgresql"]["parameters"]
    assert "io_method" not in made["spec"]["postgresql"]["parameters"]


def test_a_restore_reads_the_other_sites_archive_where_asked(primary: World) -> None:
    primary.put_base_backup("dr")

    do(restore, primary, at=a_minute_ago(), into="from-dr", source="dr")

    made = primary.api.get("Cluster", "from-dr")
    assert made is not None
    origin = made["spec"]["externalClusters"][0]["plugin"]["parameters"]
    assert origin == {"barmanObjectName": "store-dr", "serverName": "postgres-cluster-dr"}


def cloned_twice(primary: World) -> None:
    """DR archives under its third name; under the first is what it archived until now."""
    primary.put_base_backup("dr")
    wal = f"{PHYSICAL_PREFIXES['dr']}/postgres-cluster-dr/wals/0000000100000000"
    key = f"{wal}/000000010000000000000003.gz"
    primary.client("s3", "dr").put_object(Bucket=primary.bucket("dr"), Key=key, Body=b"wal")
    names = {"primary": "postgres-cluster", "dr": "postgres-cluster-dr-g3"}
    primary.record(epoch=5, writer="primary", server_names=names, token="")


@pytest.mark.parametrize("begun", [False, True])
def test_a_moment_between_two_generations_of_an_archive_is_refused_with_the_newest_that_it_has(
    primary: World, monkeypatch: pytest.MonkeyPatch, *, begun: bool
) -> None:
    cloned_twice(primary)
    last = datetime.now(UTC) - timedelta(minutes=30)
    monkeypatch.setattr(Archive, "written_until", lambda _: last)
    if begun:
        primary.put_base_backup("dr", "postgres-cluster-dr-g3", ago=timedelta(seconds=30))

    with pytest.raises(Refused, match=r"was written last at .* nothing was made") as refused:
        do(restore, primary, at=a_minute_ago(), into="in-between", source="dr")

    said = str(refused.value)
    surely = datetime.fromisoformat(said.partition("restore to ")[2].partition(" ")[0])
    assert last - timedelta(minutes=5) < surely < last
    assert (" on, or repeat" in said) == begun
    assert said.endswith("or repeat with --site primary")
    assert primary.api.get("Cluster", "in-between") is None


def test_a_restore_to_a_moment_before_a_loss_reads_what_was_archived_then(primary: World) -> None:
    cloned_twice(primary)

    do(restore, primary, at=a_minute_ago(), into="before-the-loss", source="dr")

    made = primary.api.get("Cluster", "before-the-loss")
    assert made is not None
    origin = made["spec"]["externalClusters"][0]["plugin"]["parameters"]
    assert origin["serverName"] == "postgres-cluster-dr"


@pytest.mark.parametrize(
    ("newest", "names"),
    [
        ("postgres-cluster", ("postgres-cluster",)),
        ("p-g3", ("p-g3", "p-g2", "p")),
        ("p-g2-g2", ("p-g2-g2", "p-g2")),
        ("p-g1", ("p-g1",)),
    ],
)
def test_the_generations_of_an_archive_are_counted_back(
    newest: str, names: tuple[str, ...]
) -> None:
    assert and_earlier(newest) == names


def test_a_restore_never_touches_a_cluster_that_exists(primary: World) -> None:
    primary.put_base_backup("primary")
    before = primary.cluster()["spec"]

    with pytest.raises(Refused, match="choose another name"):
        do(restore, primary, at=a_minute_ago(), into="postgres-cluster", source=None)

    assert primary.cluster()["spec"] == before


def test_a_moment_keeps_its_microseconds(primary: World) -> None:
    primary.put_base_backup("primary")
    at = datetime.now(UTC).replace(microsecond=750_123) - timedelta(minutes=1)

    do(restore, primary, at=at.isoformat(), into="as-it-was", source=None)

    made = primary.api.get("Cluster", "as-it-was")
    assert made is not None
    target = made["spec"]["bootstrap"]["recovery"]["recoveryTarget"]["targetTime"]
    assert datetime.fromisoformat(target) == at


@pytest.mark.parametrize("into", ["Before_Mistake", "x.y", "1abc", "a" * 60, "verify-1", "-a", ""])
def test_a_name_that_no_cluster_may_have_is_refused(primary: World, into: str) -> None:
    primary.put_base_backup("primary")

    with pytest.raises(Refused, match="--into must be"):
        do(restore, primary, at=a_minute_ago(), into=into, source=None)


def test_a_repeated_restore_waits_for_the_first(primary: World) -> None:
    primary.put_base_backup("primary")
    at = a_minute_ago()
    do(restore, primary, at=at, into="as-it-was", source=None)

    do(restore, primary, at=at, into="as-it-was", source=None)

    with pytest.raises(Refused, match="choose another name"):
        do(restore, primary, at="2026-11-22T10:00:00Z", into="as-it-was", source=None)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2001-01-01T00:00:00Z", "does not reach"),
        ("2999-01-01T00:00:00Z", "does not reach"),
        ("2026-11-22T10:00:00", "must name its zone"),
        ("yesterday", "must be ISO 8601"),
        ("0001-01-01T00:00:00+14:00", "must be ISO 8601"),
        ("9999-12-31T23:59:59-14:00", "must be ISO 8601"),
    ],
)
def test_a_moment_that_cannot_be_restored_is_refused(primary: World, at: str, said: str) -> None:
    primary.put_base_backup("primary")

    with pytest.raises(Refused, match=said):
        do(restore, primary, at=at, into="as-it-was", source=None)

    assert primary.api.get("Cluster", "as-it-was") is None
