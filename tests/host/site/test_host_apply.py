"""`apply` against an API server: what it leaves, what it waits for, and what it never does."""

import base64
import json
from contextlib import ExitStack
from typing import Any

import pytest

from host.errors import Failed, Locked, Refused, TimedOut
from host.kubernetes.cluster import Cluster
from host.kubernetes.kubectl_failed import KubectlFailed
from host.machine.lock import lock
from host.writer.record import Record
from host.writer.record_store import RecordStore
from tests.host.site.edges import FastClock
from tests.host.site.world import World
from topology.topology import Topology


def with_writer(topology: Topology, writer: str) -> Topology:
    return Topology.model_validate({**topology.model_dump(), "writer": writer})


def test_everything_of_the_bundle_is_there_after_an_apply(world: World) -> None:
    world.apply()

    assert world.cluster()["spec"]["replica"]["primary"] == "postgres-cluster"
    assert world.api.get("ScheduledBackup", "postgres-cluster-daily") is not None
    assert world.api.get("CronJob", "dump") is not None
    bucket = world.api.get("ObjectStore", "store-primary")["spec"]["configuration"]  # type: ignore[index]
    assert bucket["destinationPath"] == "s3://backup-bucket-ew1-123456789012/physical/"


def test_the_database_users_passwords_come_from_secrets_manager(world: World) -> None:
    world.apply()

    secret = world.api.get("Secret", "app-user")
    assert secret is not None
    assert secret["type"] == "kubernetes.io/basic-auth"
    assert secret["metadata"]["labels"]["cnpg.io/reload"] == "true"
    assert base64.b64decode(secret["data"]["password"]) == b"secret-of-app_user"


def test_a_second_apply_changes_no_object(world: World) -> None:
    world.apply()
    before = world.versions()

    world.apply()

    assert world.versions() == before


def test_every_object_is_tried_before_the_first_one_of_the_database_is_changed(
    world: World,
) -> None:
    world.api.faults.webhook_away(3600)
    world.clock.at(700, world.api.faults.clear)

    with pytest.raises(KubectlFailed, match="failed calling webhook"):
        world.apply()

    made = {"Namespace", "Secret"}
    assert {where.split()[0] for where in world.objects()} <= made


def test_a_webhook_that_is_away_for_a_minute_is_waited_for(world: World) -> None:
    world.clock = FastClock()
    world.api.faults.webhook_away(60 / 50)

    world.apply()

    assert world.cluster()


def test_an_api_server_that_is_away_for_a_minute_is_waited_for(world: World) -> None:
    world.clock = FastClock()
    world.clock.at(0.1, lambda: world.api.faults.api_away(60 / 50))
    world.api.faults.api_away(0.05)

    world.apply()

    assert world.cluster()


def test_conflicting_writes_are_repeated_with_what_is_there_now(world: World) -> None:
    world.apply()
    world.api.patch("Cluster", "postgres-cluster", {"spec": {"instances": 2}})
    world.api.faults.conflict_on_next_writes(2)

    world.apply()

    assert world.cluster()["spec"]["instances"] == 3


def test_kinds_of_prometheus_are_applied_only_where_that_api_exists(
    world: World,
) -> None:
    world.apply()

    assert not world.api.list("PodMonitor")


def test_a_password_that_is_missing_stops_the_run_before_the_database(world: World) -> None:
    name = world.topology.names.database_secret("app_user")
    world.client("secretsmanager").put_secret_value(SecretId=name, SecretString="no JSON")

    with pytest.raises(Failed, match="app_user is not JSON with username and password"):
        world.apply()

    assert world.api.get("Cluster", "postgres-cluster") is None


def test_a_run_waits_for_the_one_before_it(world: World) -> None:
    with ExitStack() as before:
        before.enter_context(lock(world.files, "apply"))
        world.clock.at(600, before.close)

        world.apply()

    assert world.clock.monotonic() >= 600
    assert world.api.get("Cluster", "postgres-cluster") is not None


def test_a_run_that_waited_applies_the_bundle_that_is_the_newest_at_its_turn(world: World) -> None:
    newest: list[str] = []
    with ExitStack() as before:
        before.enter_context(lock(world.files, "apply"))
        world.clock.at(300, lambda: newest.append(world.deploy(without=("HelmChart", "CronJob"))))
        world.clock.at(600, before.close)

        result = world.apply()

    assert [result["bundle"]] == newest
    assert world.api.get("CronJob", "dump") is None


def test_a_run_gives_up_on_one_that_never_ends(world: World) -> None:
    with lock(world.files, "apply"), pytest.raises(Locked):
        world.apply()

    assert world.api.get("Cluster", "postgres-cluster") is None


def test_what_left_the_bundle_goes_only_if_it_can_lose_no_data(world: World) -> None:
    world.apply()
    world.deploy(without=("HelmChart", "CronJob", "Cluster", "ObjectStore"))

    result = world.apply()

    assert result["deleted"] == ["CronJob postgres/dump"]
    assert sorted(result["left_in_place"]) == [
        "Cluster postgres/postgres-cluster",
        "ObjectStore postgres/store-dr",
        "ObjectStore postgres/store-primary",
    ]
    assert world.api.get("CronJob", "dump") is None
    assert world.cluster()


def test_a_cluster_of_another_name_is_refused_before_anything_is_changed(
    world: World, topology: Topology
) -> None:
    """Its archive is empty, so nothing else tells a second, empty database from the first one."""
    world.apply()
    before = world.versions()
    document = topology.model_dump()
    document["primary"]["cluster"] = "orders"
    world.deploy(Topology.model_validate(document), without=("HelmChart",))

    with pytest.raises(Refused, match=r"postgres-cluster is there.*`primary.cluster: postgres-cl"):
        world.apply()

    assert world.versions() == before


def test_what_came_from_elsewhere_is_left_alone(world: World) -> None:
    foreign = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "foreign", "namespace": "postgres"},
    }
    world.apply()
    world.api.create(foreign)

    world.apply()

    assert world.api.get("ConfigMap", "foreign") is not None


def test_a_promotion_survives_every_later_apply(dr: World) -> None:
    dr.put_base_backup("primary")
    dr.apply()
    dr.record(epoch=1, writer="dr")
    merge = {"spec": {"replica": {"primary": "postgres-cluster-dr", "source": "postgres-cluster"}}}
    dr.api.patch("Cluster", "postgres-cluster-dr", merge)
    before = dr.cluster()["spec"]["replica"]

    assert "set `writer: dr`" in dr.apply()["disagreement"]

    assert dr.cluster()["spec"]["replica"] == before
    assert dr.api.get("CronJob", "dump")["spec"]["suspend"] is False  # type: ignore[index]


def test_a_configuration_that_follows_the_record_is_applied_without_complaint(
    dr: World, topology: Topology
) -> None:
    dr.put_base_backup("primary")
    dr.apply()
    dr.record(epoch=1, writer="dr")
    dr.api.patch(
        "Cluster", "postgres-cluster-dr", {"spec": {"replica": {"primary": "postgres-cluster-dr"}}}
    )
    dr.deploy(with_writer(topology, "dr"), without=("HelmChart",))

    dr.apply()

    assert dr.cluster()["spec"]["replica"]["primary"] == "postgres-cluster-dr"


def test_an_edited_configuration_alone_moves_nothing(world: World, topology: Topology) -> None:
    world.apply()
    world.deploy(with_writer(topology, "dr"), without=("HelmChart",))

    assert "pgtwin switchover --to dr" in world.apply()["disagreement"]

    assert world.cluster()["spec"]["replica"]["primary"] == "postgres-cluster"
    assert world.api.get("CronJob", "dump")["spec"]["suspend"] is False  # type: ignore[index]


def test_a_former_writer_that_came_back_is_fenced_first(world: World) -> None:
    world.apply()
    world.record("dr", epoch=1, writer="dr")

    assert "run: pgtwin status" in world.apply()["disagreement"]

    annotations = world.cluster()["metadata"]["annotations"]
    assert json.loads(annotations["cnpg.io/fencedInstances"]) == ["*"]
    assert world.cluster()["spec"]["replica"]["primary"] == "postgres-cluster"


def test_a_site_that_was_demoted_between_the_look_and_the_fence_is_not_fenced(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.apply()
    newest_as_ever = RecordStore.newest
    demotions = [{"spec": {"replica": {"primary": "postgres-cluster-dr"}}}]

    def newest(store: RecordStore, live: Cluster | None) -> Record:
        if demotions:
            world.api.patch("Cluster", "postgres-cluster", demotions.pop())
            world.record(epoch=1, writer="dr")
        return newest_as_ever(store, live)

    monkeypatch.setattr(RecordStore, "newest", newest)

    world.apply()

    assert demotions == []
    assert "cnpg.io/fencedInstances" not in world.cluster()["metadata"].get("annotations", {})


def test_a_lost_peer_region_does_not_keep_the_record_from_being_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.apply()
    monkeypatch.setattr("host.writer.record_store.RecordStore._peers", lambda _: None)

    world.apply()


def test_a_new_database_is_not_made_over_an_old_archive(world: World) -> None:
    world.put_base_backup("primary")

    with pytest.raises(Refused, match="holds its archive"):
        world.apply()

    assert world.api.get("Cluster", "postgres-cluster") is None


def test_an_edited_configuration_makes_no_second_writer_on_a_site_that_is_new(
    dr: World, topology: Topology
) -> None:
    dr.put_base_backup("primary")
    dr.deploy(with_writer(topology, "dr"), without=("HelmChart",))

    with pytest.raises(Refused, match="set `writer: primary`"):
        dr.apply()

    assert dr.api.get("Cluster", "postgres-cluster-dr") is None


def test_a_clone_waits_an_hour_for_the_first_base_backup(dr: World) -> None:
    dr.clock.at(1800, lambda: dr.put_base_backup("primary", status="STARTED"))
    dr.clock.at(3600, lambda: dr.put_base_backup("primary"))

    dr.apply()

    assert dr.clock.seconds >= 3600
    assert "recovery" in dr.cluster()["spec"]["bootstrap"]


def test_a_clone_that_waited_in_vain_left_everything_but_itself(dr: World) -> None:
    with pytest.raises(TimedOut, match="first finished base backup of postgres-cluster"):
        dr.apply()

    assert dr.api.get("Cluster", "postgres-cluster-dr") is None
    assert dr.api.get("ObjectStore", "store-primary") is not None


def failed_job(name: str, *, of: str, role: str) -> dict[str, Any]:
    """A Job of the operator's that gave up to make an instance."""
    labels = {"cnpg.io/cluster": of, "cnpg.io/instanceName": f"{of}-2", "cnpg.io/jobRole": role}
    pod = {"containers": [{"name": "a", "image": "a"}], "restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "postgres", "labels": labels},
        "spec": {"template": {"spec": pod}},
        "status": {"conditions": [{"type": "Failed", "status": "True"}]},
    }


def test_a_clone_that_failed_begins_again(dr: World) -> None:
    dr.put_base_backup("primary")
    dr.apply()
    cluster = "postgres-cluster-dr"
    name = f"{cluster}-1-full-recovery"
    dr.api.create(failed_job(name, of=cluster, role="full-recovery"))

    dr.apply()

    assert dr.api.get("Job", name) is None


def test_a_standby_whose_copying_failed_is_copied_again(world: World) -> None:
    world.apply()
    cluster, name = "postgres-cluster", "postgres-cluster-2-join"
    world.api.patch_status("Cluster", cluster, {"currentPrimary": f"{cluster}-1"})
    world.api.create(failed_job(name, of=cluster, role="join"))

    world.apply()

    assert world.api.get("Job", name) is None


def test_names_are_resolved_on_three_machines_so_that_the_loss_of_one_takes_none_along(
    world: World,
) -> None:
    world.api.create(deployment("coredns"))

    world.apply()

    found = world.api.get("deployment", "coredns", "kube-system")
    assert found is not None
    assert found["spec"]["replicas"] == 3


def test_a_site_of_one_machine_keeps_one_coredns(dr: World) -> None:
    dr.api.create(deployment("coredns"))
    dr.put_base_backup("primary")

    dr.apply()

    found = dr.api.get("deployment", "coredns", "kube-system")
    assert found is not None
    assert found["spec"].get("replicas", 1) == 1


def test_what_provisions_volumes_runs_on_servers_only_since_it_may_become_the_administrator(
    world: World,
) -> None:
    world.api.create(deployment("local-path-provisioner"))

    world.apply()

    found = world.api.get("deployment", "local-path-provisioner", "kube-system")
    assert found is not None
    selector = found["spec"]["template"]["spec"]["nodeSelector"]
    assert selector == {"node-role.kubernetes.io/control-plane": "true"}


def deployment(name: str) -> dict[str, Any]:
    """One of k3s' own."""
    labels = {"app": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"selector": {"matchLabels": labels}, "template": pod},
    }


def test_a_cluster_that_is_deleted_while_apply_runs_is_not_made_anew(world: World) -> None:
    """`follow` deletes it to clone it; an apply that was on its way must not come in between."""
    world.apply()
    deleted: list[bool] = []
    run = world.shell.run

    def delete_at_the_apply(argv: Any, **options: Any) -> Any:
        is_apply = argv[1] == "apply" and '"kind": "Cluster"' in (options.get("stdin") or "")
        if is_apply and "--dry-run=server" not in argv and not deleted:
            deleted.append(True)
            world.api.delete("Cluster", world.cluster()["metadata"]["name"])
        return run(argv, **options)

    world.shell.run = delete_at_the_apply  # type: ignore[method-assign]

    with pytest.raises(Refused, match="nothing was made in its place"):
        world.apply()

    assert deleted
    assert world.api.get("Cluster", world.topology.primary.cluster) is None
