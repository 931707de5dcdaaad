"""The API's own promises, without HTTP."""

import threading
from typing import Any

import pytest

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.status_error import StatusError

PLUGIN = "barman-cloud.cloudnative-pg.io"


def cluster(name: str = "main", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": {"name": name, "namespace": "postgres"},
        "spec": {"instances": 1, "storage": {"size": "1Gi"}, **spec},
    }


def following(**replica: Any) -> dict[str, Any]:
    return cluster(
        "follower",
        bootstrap={"recovery": {"source": "main", "database": "db", "owner": "me"}},
        externalClusters=[{"name": "main"}, {"name": "follower"}],
        replica={"self": "follower", "primary": "main", "source": "main", **replica},
    )


def configmap(data: dict[str, str]) -> dict[str, Any]:
    metadata = {"name": "settings", "namespace": "postgres"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def refusal(act: Any) -> StatusError:
    with pytest.raises(StatusError) as caught:
        act()
    return caught.value


def test_an_apply_removes_what_its_manager_no_longer_wants(api: ClusterApi) -> None:
    api.apply(configmap({"a": "1", "b": "2"}))

    assert api.apply(configmap({"a": "1"}))["data"] == {"a": "1"}


def test_an_apply_leaves_the_fields_of_others(api: ClusterApi) -> None:
    api.apply(configmap({"a": "1"}))
    api.patch("configmap", "settings", {"data": {"b": "2"}})

    assert api.apply(configmap({"a": "1"}))["data"] == {"a": "1", "b": "2"}


def test_a_write_that_changes_nothing_keeps_the_resource_version(api: ClusterApi) -> None:
    first = api.apply(configmap({"a": "1"}))

    assert api.apply(configmap({"a": "1"})) == first


def test_an_older_resource_version_is_refused(api: ClusterApi) -> None:
    old = api.apply(configmap({"a": "1"}))["metadata"]["resourceVersion"]
    api.patch("configmap", "settings", {"data": {"a": "2"}})
    stale = {"metadata": {"resourceVersion": old}, "data": {"a": "3"}}

    refused = refusal(lambda: api.patch("configmap", "settings", stale))

    assert (refused.code, refused.reason) == (409, "Conflict")


def test_the_generation_counts_specifications_and_not_states(api: ClusterApi) -> None:
    api.create(cluster())
    api.patch_status("Cluster", "main", {"phase": "Cluster in healthy state"})
    assert (api.get("Cluster", "main") or {})["metadata"]["generation"] == 1

    api.patch("Cluster", "main", {"spec": {"instances": 2}})
    assert (api.get("Cluster", "main") or {})["metadata"]["generation"] == 2


def test_a_write_to_the_status_leaves_the_rest_alone(api: ClusterApi) -> None:
    before = api.create(cluster())

    after = api.patch_status("Cluster", "main", {"phase": "Cluster in healthy state"})

    assert after["spec"] == before["spec"]
    for field in ("uid", "creationTimestamp", "generation"):
        assert after["metadata"][field] == before["metadata"][field]


def test_a_write_to_the_object_leaves_its_status_alone(api: ClusterApi) -> None:
    api.create(cluster())

    api.patch("Cluster", "main", {"status": {"phase": "made up"}})

    assert "status" not in (api.get("Cluster", "main") or {})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (cluster(nope=1), ".spec.nope: field not declared in schema"),
        (cluster(instances="three"), "spec.instances"),
        (cluster(postgresql={"parameter": {}}), ".spec.postgresql.parameter: field not declared"),
    ],
)
def test_custom_resources_are_held_to_their_strict_schemas(
    api: ClusterApi, value: dict[str, Any], said: str
) -> None:
    api.apply(cluster())
    if api.schemas.unchecked:
        pytest.skip(f"no schemas for {api.schemas.unchecked}: run make schemas")

    refused = refusal(lambda: api.apply(value))

    assert said in refused.message


def test_deleting_an_owner_deletes_what_it_owns(api: ClusterApi) -> None:
    owner = api.create(cluster())
    owned = configmap({})
    owned["metadata"]["ownerReferences"] = [
        {
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "Cluster",
            "name": "main",
            "uid": owner["metadata"]["uid"],
        }
    ]
    api.create(owned)

    api.delete("Cluster", "main")

    assert api.get("configmap", "settings") is None


def test_deleting_a_namespace_empties_it(api: ClusterApi) -> None:
    api.create(configmap({}))

    api.delete("namespace", "postgres")

    assert api.get("configmap", "settings") is None
    assert refusal(lambda: api.create(configmap({}))).code == 404


def test_an_object_with_a_finalizer_goes_when_that_is_taken_off(api: ClusterApi) -> None:
    held = configmap({})
    held["metadata"]["finalizers"] = ["test/hold"]
    api.create(held)

    api.delete("configmap", "settings")
    assert "deletionTimestamp" in (api.get("configmap", "settings") or {})["metadata"]

    api.patch("configmap", "settings", {"metadata": {"finalizers": None}})
    assert api.get("configmap", "settings") is None


def test_the_webhook_fills_in_the_database_that_was_left_out(api: ClusterApi) -> None:
    made = api.apply(
        cluster(bootstrap={"recovery": {"source": "main"}}, externalClusters=[{"name": "main"}])
    )

    assert made["spec"]["bootstrap"]["recovery"]["database"] == "app"


def test_writes_fail_while_the_webhook_is_away(api: ClusterApi) -> None:
    api.faults.webhook_away(60)

    refused = refusal(lambda: api.apply(cluster()))

    assert refused.code == 500
    assert 'failed calling webhook "mcluster.cnpg.io"' in refused.message


def test_a_schedule_cannot_change_its_cluster(api: ClusterApi) -> None:
    spec = {"schedule": "0 0 2 * * *", "cluster": {"name": "main"}, "method": "plugin"}
    metadata = {"name": "daily", "namespace": "postgres"}
    kind = {"apiVersion": "postgresql.cnpg.io/v1", "kind": "ScheduledBackup"}
    api.create({**kind, "metadata": metadata, "spec": spec})

    refused = refusal(
        lambda: api.patch("ScheduledBackup", "daily", {"spec": {"cluster": {"name": "other"}}})
    )

    assert "spec.cluster.name: Invalid value: field is immutable" in refused.message


def test_an_immutable_secret_keeps_its_data(api: ClusterApi) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "app-user", "namespace": "postgres"},
        "stringData": {"password": "one"},
        "immutable": True,
    }
    assert api.create(secret)["data"] == {"password": "b25l"}

    refused = refusal(lambda: api.patch("secret", "app-user", {"data": {"password": "dHdv"}}))

    assert refused.code == 422


def test_a_watch_tells_what_is_there_and_then_what_happens(api: ClusterApi) -> None:
    api.create(cluster())
    stop = threading.Event()
    changes = api.watch("Cluster", stop=stop)

    first = next(changes)
    api.patch("Cluster", "main", {"spec": {"instances": 2}})
    second = next(changes)
    api.delete("Cluster", "main")
    third = next(changes)
    stop.set()

    assert [each.type for each in (first, second, third)] == ["ADDED", "MODIFIED", "DELETED"]
    assert list(changes) == []
