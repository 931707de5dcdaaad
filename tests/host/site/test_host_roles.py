"""Two sites with operators at work: hand over, fail over, fence, clone again; and refusals."""

import json
from argparse import Namespace
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest

from drill.kubernetes.pod_exec import ExecRequest, ExecResult
from drill.operator.scripted.operator import ScriptedDelays, ScriptedOperator
from host.errors import Locked, Refused
from host.gate import gate
from host.kubernetes.cluster import KIND, NUDGED, Cluster
from host.kubernetes.kubectl_failed import KubectlFailed
from host.machine.lock import lock
from host.site import Site
from host.verbs import demote, fence, follow, promote, report, settle, unfence
from host.verbs.ready import ready
from host.verbs.status import run as status_of
from host.writer.first_write import first_write
from host.writer.observation import leader_is_lost
from host.writer.record import Record
from host.writer.record_store import RecordStore
from tests.host.decisions.examples import document, live
from tests.host.site.conftest import MakeWorld
from tests.host.site.edges import FastClock, SkippingClock
from tests.host.site.world import Killed, World

Sites = tuple[World, World]
FENCED = "cnpg.io/fencedInstances"
GIB = 1024**3


@pytest.fixture
def sites(make_world: MakeWorld) -> Sites:
    """Both sites, deployed and ready."""
    primary, dr = make_world("primary"), make_world("dr")
    for world in (primary, dr):
        world.clock = FastClock()
        world.start_operator()
    primary.apply()
    primary_backup(primary)
    dr.apply()
    dr.eventually(lambda: phase(dr) == "Cluster in healthy state")
    return primary, dr


def primary_backup(primary: World) -> None:
    primary.eventually(lambda: phase(primary) == "Cluster in healthy state")
    primary.put_base_backup("primary")


def phase(world: World) -> str:
    return str(world.cluster().get("status", {}).get("phase"))


def do(verb: Any, world: World, **arguments: Any) -> dict[str, Any]:
    result: dict[str, Any] = verb.run(world.machine, Namespace(**arguments))
    return result


def state(world: World) -> dict[str, Any]:
    found: dict[str, Any] = status_of(world.machine, Namespace(state=False))["state"]
    return found


def annotations(world: World) -> dict[str, str]:
    found: dict[str, str] = world.cluster()["metadata"].get("annotations", {})
    return found


def hand_over(primary: World, dr: World) -> str:
    token: str = do(demote, primary, to="dr", epoch=None)["token"]
    primary.record(epoch=1, writer="dr", token=token)
    do(promote, dr, token=token, without_token=False)
    do(settle, dr, begin=False)
    return token


def test_a_hand_over_moves_the_writer_and_clears_the_token(sites: Sites) -> None:
    primary, dr = sites

    hand_over(primary, dr)

    assert (state(primary)["role"], state(dr)["role"]) == ("replica", "writer")
    assert state(dr)["promoted_in_epoch"] == 1
    assert "promotionToken" not in dr.cluster()["spec"]["replica"]
    assert dr.api.get("CronJob", "dump")["spec"]["suspend"] is False  # type: ignore[index]


def test_every_verb_of_a_hand_over_can_be_repeated_without_effect(sites: Sites) -> None:
    primary, dr = sites
    token = hand_over(primary, dr)
    before = [world.cluster()["metadata"]["generation"] for world in sites]

    assert do(demote, primary, to="dr", epoch=None)["token"] == token
    do(promote, dr, token=token, without_token=False)
    do(settle, dr, begin=False)

    assert [world.cluster()["metadata"]["generation"] for world in sites] == before


def test_a_settlement_waits_for_the_report_that_looks_at_it(sites: Sites) -> None:
    primary, dr = sites
    token = do(demote, primary, to="dr", epoch=None)["token"]
    primary.record(epoch=1, writer="dr", token=token)
    do(promote, dr, token=token, without_token=False)

    with ExitStack() as reporting:
        reporting.enter_context(lock(dr.machine.files, "writer"))
        dr.clock.at(2.0, reporting.close)
        do(settle, dr, begin=False)

    assert "promotionToken" not in dr.cluster()["spec"]["replica"]


def test_a_leading_pod_that_goes_before_the_settlement_is_replaced_after_the_next_report(
    sites: Sites,
) -> None:
    _, dr = sites
    dr.record(epoch=1, writer="dr")
    do(promote, dr, token=None, without_token=True)
    dr.lose_leading_pod()
    dr.eventually(lambda: not state(dr)["accepts_writes"])

    do(report, dr)

    assert "cnpg.io/reconciliationLoop" not in annotations(dr)
    dr.eventually(lambda: state(dr)["accepts_writes"])


def test_a_leading_pod_that_goes_before_the_first_write_is_replaced_by_the_promotion_itself(
    sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, dr = sites
    dr.record(epoch=1, writer="dr")

    def lose_it_first(site: Site) -> None:
        dr.lose_leading_pod()
        first_write(site)

    monkeypatch.setattr("host.verbs.promote.first_write", lose_it_first)

    do(promote, dr, token=None, without_token=True)

    assert "cnpg.io/reconciliationLoop" not in annotations(dr)
    assert state(dr)["accepts_writes"]


def test_the_status_says_that_a_promotion_keeps_the_operator_paused(sites: Sites) -> None:
    _, dr = sites
    dr.record(epoch=1, writer="dr")
    do(promote, dr, token=None, without_token=True)

    assert status_of(dr.machine, Namespace(state=False))["cluster"]["paused"]


@pytest.mark.parametrize(
    ("pod", "lost"),
    [
        (None, True),
        ({"metadata": {}, "status": {"phase": "Failed"}}, True),
        ({"metadata": {}, "status": {"phase": "Succeeded"}}, True),
        ({"metadata": {"deletionTimestamp": "2026-11-22T10:00:00Z"}, "status": {}}, True),
        ({"metadata": {}, "status": {"phase": "Running"}}, False),
        (KubectlFailed("get pods", "Unable to connect to the server: EOF"), False),
    ],
    ids=["gone", "failed", "ended", "on its way", "runs", "unknown"],
)
def test_a_leading_pod_is_lost_where_the_api_says_so_and_not_where_it_is_silent(
    pod: Any, lost: bool
) -> None:
    answers = Mock(side_effect=pod) if isinstance(pod, Exception) else Mock(return_value=pod)
    site = SimpleNamespace(document=document(), kubectl=SimpleNamespace(get=answers))

    assert leader_is_lost(cast(Site, site), live()) is lost


def test_a_change_of_the_writer_does_not_wait_for_another_for_ever(sites: Sites) -> None:
    primary, _ = sites

    with (
        lock(primary.machine.files, "writer"),
        pytest.raises(Locked, match="repeat when it has ended"),
    ):
        do(demote, primary, to="dr", epoch=None)

    assert state(primary)["role"] == "writer"


def test_a_hand_over_and_back_ends_where_it_began(sites: Sites) -> None:
    primary, dr = sites
    hand_over(primary, dr)

    token = do(demote, dr, to="primary", epoch=None)["token"]
    primary.record(epoch=2, writer="primary", token=token)
    do(promote, primary, token=token, without_token=False)

    assert state(primary)["accepts_writes"]
    assert not state(dr)["accepts_writes"]


def test_a_demotion_that_takes_long_makes_the_operator_look_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the operator does nothing until it is made to look."""
    primary = make_world("primary")
    primary.clock = FastClock()
    reconciles = ScriptedOperator._reconcile

    def reconciles_once_nudged(operator: ScriptedOperator, cluster: dict[str, Any]) -> None:
        metadata, replica = cluster["metadata"], cluster["spec"].get("replica") or {}
        demoted = replica.get("primary", metadata["name"]) != metadata["name"]
        if not demoted or NUDGED in metadata.get("annotations", {}):
            reconciles(operator, cluster)

    monkeypatch.setattr(ScriptedOperator, "_reconcile", reconciles_once_nudged)
    primary.start_operator(ScriptedDelays(backup_seconds=0))
    primary.apply()
    primary.eventually(lambda: phase(primary) == "Cluster in healthy state")

    do(demote, primary, to="dr", epoch=0)

    assert NUDGED in annotations(primary)


def test_an_aborted_hand_over_gives_the_writer_back_with_its_own_token(sites: Sites) -> None:
    primary, dr = sites
    token = do(demote, primary, to="dr", epoch=0)["token"]
    primary.record(epoch=1, writer="primary", token=token)

    do(promote, primary, token=token, without_token=False)

    assert state(primary)["accepts_writes"]
    assert state(dr)["role"] == "replica"


def test_a_demotion_that_arrives_behind_the_way_back_changes_nothing(sites: Sites) -> None:
    """Its switchover was given up meanwhile: the record moved on, and still names this site."""
    primary, _ = sites
    primary.record(epoch=1, writer="primary", token=None)
    before = primary.versions()

    with pytest.raises(Refused, match="decided in epoch 0 of the record, which is in epoch 1"):
        do(demote, primary, to="dr", epoch=0)

    assert primary.versions() == before
    assert state(primary)["accepts_writes"]


def test_a_promotion_that_the_record_does_not_permit_changes_nothing(sites: Sites) -> None:
    _, dr = sites
    before = dr.versions()

    with pytest.raises(Refused, match="pgtwin failover --to dr"):
        do(promote, dr, token=None, without_token=True)

    assert dr.versions() == before


def test_a_promotion_that_was_decided_before_the_record_moved_on_changes_nothing(
    sites: Sites,
) -> None:
    _, dr = sites
    dr.record(epoch=2, writer="dr", token="newer")
    before = dr.versions()

    with pytest.raises(Refused, match="permits another promotion"):
        do(promote, dr, token=None, without_token=True)

    assert dr.versions() == before


def test_a_promotion_of_the_writer_changes_nothing(sites: Sites) -> None:
    primary, _ = sites
    before = primary.versions()

    with pytest.raises(Refused, match="is the writer already"):
        do(promote, primary, token=None, without_token=True)

    assert primary.versions() == before


def test_a_forged_token_changes_nothing(sites: Sites) -> None:
    _, dr = sites
    dr.record(epoch=1, writer="dr", token="Zm9yZ2Vk")
    before = dr.cluster()["spec"]

    with pytest.raises(Refused, match="not a demotion token"):
        do(promote, dr, token="Zm9yZ2Vk", without_token=False)

    assert dr.cluster()["spec"] == before


def test_a_demotion_towards_itself_is_refused(sites: Sites) -> None:
    with pytest.raises(Refused, match="--to must name the other site, dr"):
        do(demote, sites[0], to="primary", epoch=None)


@pytest.mark.slow
def test_a_failover_ends_the_same_wherever_the_command_was_cut(sites: Sites) -> None:
    _, dr = sites
    dr.record(epoch=1, writer="dr")
    effect = 0
    while True:
        effect += 1
        dr.power.effects, dr.power.until = 0, effect
        try:
            do(promote, dr, token=None, without_token=True)
            break
        except Killed:
            continue

    dr.power.until = None
    assert effect > 2
    assert state(dr)["accepts_writes"]
    dr.eventually(lambda: state(dr)["timeline"] == 2)


def test_a_fenced_site_stops_and_starts_again(sites: Sites) -> None:
    primary, _ = sites

    do(fence, primary, epoch=None)
    assert state(primary)["fenced"]
    assert not state(primary)["accepts_writes"]

    do(unfence, primary)
    assert state(primary)["accepts_writes"]


def test_a_fence_that_arrives_behind_the_way_back_changes_nothing(sites: Sites) -> None:
    """Its failover was cancelled, or its site was brought back: the record moved on since."""
    primary, _ = sites
    primary.record(epoch=2, writer="primary", token="")
    before = primary.versions()

    with pytest.raises(Refused, match="decided in epoch 1 of the record, which is in epoch 2"):
        do(fence, primary, epoch=1)

    assert primary.versions() == before
    assert state(primary)["accepts_writes"]


@pytest.mark.parametrize("epoch", [1, 2], ids=["the record's", "one that is not here yet"])
def test_a_fence_of_the_epoch_in_which_it_arrives_or_of_a_newer_one_stops_the_site(
    sites: Sites, epoch: int
) -> None:
    primary, _ = sites
    primary.record(epoch=1, writer="primary", token="")

    do(fence, primary, epoch=epoch)

    assert not state(primary)["accepts_writes"]


def test_a_fence_is_decided_again_where_the_cluster_changes_behind_its_look(
    sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way back ends between the look at the record and the fence."""
    primary, _ = sites
    look_as_ever, changes = gate.look, [2]

    def look(site: Site) -> Any:
        seen = look_as_ever(site)
        if changes:
            primary.record(epoch=changes.pop(), writer="primary", token="")
            changed = {"metadata": {"annotations": {"pgtwin/confirmed-in-epoch": "2"}}}
            primary.api.patch("Cluster", "postgres-cluster", changed)
        return seen

    monkeypatch.setattr(gate, "look", look)

    with pytest.raises(Refused, match="which is in epoch 2"):
        do(fence, primary, epoch=1)

    assert FENCED not in annotations(primary)


def test_a_fence_that_is_lifted_while_the_record_moves_is_set_again(
    sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    primary, dr = sites
    do(fence, primary, epoch=None)
    newest_as_ever, moves = RecordStore.newest, [1]

    def newest(store: RecordStore, live: Cluster | None) -> Record:
        found = newest_as_ever(store, live)
        if moves:
            dr.record(epoch=moves.pop(), writer="dr")
        return found

    monkeypatch.setattr(RecordStore, "newest", newest)

    with pytest.raises(Refused, match="stays fenced"):
        do(unfence, primary)

    assert json.loads(annotations(primary)[FENCED]) == ["*"]


def test_a_former_writer_is_fenced_by_the_next_report_and_not_started_again(
    sites: Sites,
) -> None:
    primary, dr = sites
    dr.record(epoch=1, writer="dr")
    do(promote, dr, token=None, without_token=True)

    do(report, primary)

    assert json.loads(annotations(primary)[FENCED]) == ["*"]
    with pytest.raises(Refused, match="stays fenced"):
        do(unfence, primary)


def test_a_lost_site_is_cloned_anew_under_a_new_server_name(sites: Sites) -> None:
    primary, dr = sites
    dr.record(epoch=1, writer="dr")
    do(promote, dr, token=None, without_token=True)
    do(report, primary)
    dr.record(epoch=2, writer="dr", server_names={"primary": "postgres-cluster-g2"})
    dr.put_base_backup("dr")

    do(follow, primary, server_name="postgres-cluster-g2")

    assert state(primary)["role"] == "replica"
    assert state(primary)["server_name"] == "postgres-cluster-g2"
    assert not state(primary)["fenced"]
    assert primary.api.get("ScheduledBackup", "postgres-cluster-daily") is not None
    uid = primary.cluster()["metadata"]["uid"]
    do(follow, primary, server_name="postgres-cluster-g2")
    assert primary.cluster()["metadata"]["uid"] == uid


def _with_volumes(world: World, *, files_gib: int, free_gib: int) -> None:
    """Of 100 GiB each; so much of them is free, and so much are the files of the database."""
    as_ever = world.api._run_in_pod
    told = {
        "df": f"size used\n{100 * GIB} {(100 - free_gib) * GIB}\n",
        "du": f"{files_gib * GIB}\t/var/lib/postgresql/data/pgdata\n",
    }

    def run(request: ExecRequest) -> ExecResult:
        said = told.get(request.argv[0])
        return as_ever(request) if said is None else ExecResult(stdout=said)

    world.api.on_exec(run)


def test_a_site_without_room_for_a_clone_beside_its_kept_files_loses_nothing(sites: Sites) -> None:
    primary, dr = sites
    _lost_and_back(primary, dr)
    uid = primary.cluster()["metadata"]["uid"]
    _with_volumes(primary, files_gib=40, free_gib=53)

    with pytest.raises(Refused) as refused:
        do(follow, primary, server_name="postgres-cluster-g2")

    said = str(refused.value)
    assert "the clone beside the kept files of postgres-cluster needs 44.0 GiB" in said
    assert "has 43.0 to spare; nothing was deleted" in said
    assert primary.cluster()["metadata"]["uid"] == uid
    assert primary.api.get("ScheduledBackup", "postgres-cluster-daily") is not None
    assert primary.api.list("PersistentVolumeClaim")


def test_a_site_with_room_for_the_clone_is_cloned(sites: Sites) -> None:
    primary, dr = sites
    _lost_and_back(primary, dr)
    _with_volumes(primary, files_gib=40, free_gib=55)

    do(follow, primary, server_name="postgres-cluster-g2")

    assert state(primary)["server_name"] == "postgres-cluster-g2"


def _lost_and_back(primary: World, dr: World) -> None:
    dr.record(epoch=1, writer="dr")
    do(promote, dr, token=None, without_token=True)
    do(report, primary)
    dr.record(epoch=2, writer="dr", server_names={"primary": "postgres-cluster-g2"})
    dr.put_base_backup("dr")


def test_nothing_is_deleted_while_an_apply_is_under_way(sites: Sites) -> None:
    primary, dr = sites
    _lost_and_back(primary, dr)
    uid = primary.cluster()["metadata"]["uid"]

    primary.clock = SkippingClock()

    with lock(primary.machine.files, "apply"), pytest.raises(Locked):
        do(follow, primary, server_name="postgres-cluster-g2")

    assert primary.cluster()["metadata"]["uid"] == uid
    assert primary.api.list("PersistentVolumeClaim")


def test_a_clone_that_waited_for_an_apply_is_made_by_the_newest_bundle(sites: Sites) -> None:
    primary, dr = sites
    _lost_and_back(primary, dr)
    with ExitStack() as before:
        before.enter_context(lock(primary.files, "apply"))
        without = ("HelmChart", "ScheduledBackup")
        primary.clock.at(5, lambda: primary.deploy(without=without))
        primary.clock.at(5, before.close)

        do(follow, primary, server_name="postgres-cluster-g2")

    assert state(primary)["server_name"] == "postgres-cluster-g2"
    assert primary.api.get("ScheduledBackup", "postgres-cluster-daily") is None


def test_a_claim_that_was_made_anew_is_not_deleted_for_an_old_one_of_its_name(
    sites: Sites,
) -> None:
    primary, _ = sites
    claim = primary.api.list("PersistentVolumeClaim")[0]["metadata"]
    path = f"/api/v1/namespaces/{claim['namespace']}/persistentvolumeclaims/{claim['name']}"

    primary.site.kubectl.delete_this(path, "the uid of the old one")
    assert primary.api.get("PersistentVolumeClaim", claim["name"]) is not None
    primary.site.kubectl.delete_this(path, claim["uid"])
    assert primary.api.get("PersistentVolumeClaim", claim["name"]) is None
    primary.site.kubectl.delete_this(path, claim["uid"])


def test_a_site_without_a_cluster_says_so_and_is_cloned_anew(sites: Sites) -> None:
    primary, dr = sites
    _lost_and_back(primary, dr)
    document = primary.site.document
    primary.site.kubectl.delete(KIND, document.namespace, document.cluster)
    primary.eventually(lambda: not primary.api.list("Pod"))

    gone = state(primary)

    assert (gone["exists"], gone["role"], gone["accepts_writes"]) == (False, "replica", False)
    assert gone["unarchived_count"] is None
    do(follow, primary, server_name="postgres-cluster-g2")
    assert state(primary)["exists"]
    assert state(primary)["server_name"] == "postgres-cluster-g2"


def test_a_copy_of_the_record_that_is_older_than_one_seen_permits_no_promotion(
    sites: Sites,
) -> None:
    _, dr = sites
    dr.record(epoch=3, writer="primary", token="")
    gate.keep(dr.site)
    for late in (1, 2):
        dr.record(epoch=late, writer="dr")

    with pytest.raises(Refused, match=r"names primary \(epoch 3\)"):
        do(promote, dr, token=None, without_token=True)


@pytest.mark.parametrize(
    ("record", "server_name", "said"),
    [
        ({"epoch": 1, "writer": "primary"}, "postgres-cluster-g2", "names this site as the writer"),
        ({"epoch": 1, "writer": "dr"}, "postgres-cluster-g2", "postgres-cluster for this site"),
        ({"epoch": 1, "writer": "dr"}, "postgres-cluster", "writes to postgres-cluster itself"),
    ],
    ids=["the writer", "another server name", "the archive of the writer"],
)
def test_nothing_is_deleted_unless_the_record_asks_for_exactly_that(
    sites: Sites, record: dict[str, Any], server_name: str, said: str
) -> None:
    primary, _ = sites
    primary.record(**record)
    uid = primary.cluster()["metadata"]["uid"]

    with pytest.raises(Refused, match=said):
        do(follow, primary, server_name=server_name)

    assert primary.cluster()["metadata"]["uid"] == uid
    assert primary.api.list("PersistentVolumeClaim")


def test_the_writers_site_is_ready_when_a_row_was_written_and_backed_up(sites: Sites) -> None:
    checks = ready(sites[0].site)["seconds"]

    assert list(checks) == [
        *("machines", "operators", "cluster"),
        *("clients let in", "write and read", "base backup"),
    ]


def test_the_replicas_site_is_ready_when_a_heartbeat_came_through_the_archive(
    sites: Sites,
) -> None:
    primary, dr = sites
    do(report, primary)

    checks = ready(dr.site)["seconds"]

    assert list(checks) == ["machines", "operators", "cluster", "follows the writer"]
    assert state(dr)["following"]
    assert state(dr)["heartbeat_age_seconds"] < 60


def test_a_replica_tells_what_it_would_lose_also_once_the_record_names_it(sites: Sites) -> None:
    primary, dr = sites
    do(report, primary)

    primary.record(epoch=1, writer="dr")

    assert state(dr)["role"] == "replica"
    assert 0 <= state(dr)["heartbeat_age_seconds"] < 60
    assert not state(dr)["following"]


def test_a_site_that_was_just_demoted_tells_what_it_would_lose_and_does_not_follow_yet(
    sites: Sites,
) -> None:
    """The site that it was demoted for may be lost before its first row."""
    primary, _ = sites
    do(report, primary)
    do(demote, primary, to="dr", epoch=None)
    for region in sites:
        region.record(epoch=1, writer="dr")

    assert state(primary)["role"] == "replica"
    assert 0 <= state(primary)["heartbeat_age_seconds"] < 60
    assert not state(primary)["following"]
