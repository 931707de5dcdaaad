"""Server-side apply: what it stores, what it refuses, and in which words."""

from tests.contract.side import Side, done, failed
from tests.kubectl.refusal import CONFLICT_ADVICE as _ADVICE


def test_an_apply_creates_and_its_repeat_changes_nothing(side: Side) -> None:
    item = side.config_map("a", key="1")

    assert side.apply(item) == done("configmap/a serverside-applied")
    first = side.get("configmap", "a")
    assert side.apply(item) == done("configmap/a serverside-applied")

    assert side.get("configmap", "a") == first


def test_an_apply_that_changes_a_value_raises_the_resource_version(side: Side) -> None:
    side.apply(side.config_map("a", key="1"))
    before = side.get("configmap", "a")

    side.apply(side.config_map("a", key="2"))

    after = side.get("configmap", "a")
    assert after["data"] == {"key": "2"}
    assert int(after["metadata"]["resourceVersion"]) > int(before["metadata"]["resourceVersion"])


def test_a_dry_run_stores_nothing(side: Side) -> None:
    said = side.apply(side.config_map("a", key="1"), "--dry-run=server")

    assert said == done("configmap/a serverside-applied (server dry run)")
    assert side.kubectl("get", "configmap", "a", "-n", side.namespace).exit_code == 1


def test_a_dry_run_over_an_object_leaves_it_as_it_was(side: Side) -> None:
    side.apply(side.config_map("a", key="1"))
    before = side.get("configmap", "a")

    side.apply(side.config_map("a", key="2"), "--dry-run=server")

    assert side.get("configmap", "a") == before


def test_a_field_that_its_only_manager_leaves_out_is_removed(side: Side) -> None:
    side.apply(side.config_map("a", kept="1", dropped="1"))

    side.apply(side.config_map("a", kept="1"))

    assert side.get("configmap", "a")["data"] == {"kept": "1"}


def test_a_field_of_another_manager_stays_when_it_is_left_out(side: Side) -> None:
    side.apply(side.config_map("a", ours="1"))
    side.patch("configmap", "a", {"data": {"theirs": "1"}})

    side.apply(side.config_map("a", ours="2"))

    assert side.get("configmap", "a")["data"] == {"ours": "2", "theirs": "1"}


def test_a_value_that_another_manager_set_is_refused_without_force(side: Side) -> None:
    side.apply(side.config_map("a", key="1"))

    said = side.apply(side.config_map("a", key="2"), manager="other", force=False)

    assert said == failed(
        'error: Apply failed with 1 conflict: conflict with "pgtwin": .data.key' + _ADVICE
    )


def test_two_conflicts_are_told_as_a_list(side: Side) -> None:
    side.apply(side.config_map("a", first="1", second="1"))

    said = side.apply(side.config_map("a", first="2", second="2"), manager="other", force=False)

    assert said == failed(
        'error: Apply failed with 2 conflicts: conflicts with "pgtwin":\n'
        "- .data.first\n- .data.second" + _ADVICE
    )


def test_the_same_value_under_another_manager_is_no_conflict(side: Side) -> None:
    side.apply(side.config_map("a", key="1"))

    said = side.apply(side.config_map("a", key="1"), manager="other", force=False)

    assert said == done("configmap/a serverside-applied")


def test_force_takes_a_field_over_from_its_manager(side: Side) -> None:
    side.apply(side.config_map("a", key="1"))
    side.apply(side.config_map("a", key="2"), manager="other")

    side.apply(side.config_map("a"))

    assert side.get("configmap", "a")["data"] == {"key": "2"}


def test_an_apply_with_an_older_resource_version_is_refused(side: Side) -> None:
    side.apply(side.config_map("a", key="1"))
    stale = side.config_map("a", key="2")
    stale["metadata"]["resourceVersion"] = side.get("configmap", "a")["metadata"]["resourceVersion"]
    side.patch("configmap", "a", {"data": {"key": "3"}})

    refused = failed(
        'error: Operation cannot be fulfilled on configmaps "a": the object has been modified; '
        "please apply your changes to the latest version and try again" + _ADVICE
    )
    assert side.apply(stale) == refused
    assert side.apply(stale, "--dry-run=server") == refused


def test_an_apply_with_the_current_resource_version_is_taken(side: Side) -> None:
    side.apply(side.config_map("a", key="1"))
    item = side.config_map("a", key="2")
    item["metadata"]["resourceVersion"] = side.get("configmap", "a")["metadata"]["resourceVersion"]

    assert side.apply(item) == done("configmap/a serverside-applied")


def test_an_apply_with_the_resource_version_of_an_object_that_is_gone_creates_it(
    side: Side,
) -> None:
    side.apply(side.config_map("a", key="1"))
    item = side.config_map("a", key="2")
    item["metadata"]["resourceVersion"] = side.get("configmap", "a")["metadata"]["resourceVersion"]
    side.delete("configmap", "a")

    assert side.apply(item) == done("configmap/a serverside-applied")


def test_an_apply_with_the_uid_of_an_object_that_is_gone_is_refused(side: Side) -> None:
    side.apply(side.config_map("a", key="1"))
    item = side.config_map("a", key="2")
    item["metadata"]["uid"] = uid = side.get("configmap", "a")["metadata"]["uid"]
    side.delete("configmap", "a")

    assert side.apply(item) == failed(
        f'error: Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided '
        f"object specified uid {uid}, and no existing object was found" + _ADVICE
    )


def test_an_apply_with_the_uid_of_an_object_that_was_made_again_is_refused(side: Side) -> None:
    side.apply(side.config_map("a", key="1"))
    item = side.config_map("a", key="2")
    item["metadata"]["uid"] = uid = side.get("configmap", "a")["metadata"]["uid"]
    side.delete("configmap", "a")
    side.apply(side.config_map("a", key="3"))

    assert side.apply(item) == failed(
        f'The ConfigMap "a" is invalid: metadata.uid: Invalid value: "{uid}": field is immutable'
    )


def test_an_apply_into_a_namespace_that_is_not_there_is_refused(side: Side) -> None:
    item = side.config_map("a")
    item["metadata"]["namespace"] = "nowhere"

    assert side.apply(item) == failed(
        'Error from server (NotFound): namespaces "nowhere" not found'
    )


def test_an_undeclared_field_is_refused_without_a_reason(side: Side) -> None:
    item = {**side.config_map("a"), "wrong": 1}

    said = failed(
        f"Error from server: failed to create typed patch object ({side.namespace}/a; /v1, "
        "Kind=ConfigMap): .wrong: field not declared in schema"
    )
    assert side.apply(item) == said
    assert side.apply(item, "--dry-run=server") == said


def test_a_kind_that_nobody_serves_is_refused_by_kubectl_itself(side: Side) -> None:
    item = side.config_map("a") | {"apiVersion": "example.com/v1", "kind": "Widget"}

    assert side.apply(item) == failed(
        f'error: resource mapping not found for name: "a" namespace: "{side.namespace}" from '
        '"STDIN": no matches for kind "Widget" in version "example.com/v1"\n'
        "ensure CRDs are installed first"
    )


def test_of_a_list_each_object_is_applied_also_behind_one_that_is_refused(side: Side) -> None:
    side.apply(side.config_map("a", key="1"))
    items = [side.config_map("a", key="2"), side.config_map("b", key="1")]
    everything = {"apiVersion": "v1", "kind": "List", "items": items}

    said = side.apply(everything, manager="other", force=False)

    assert said.exit_code == 1
    assert side.get("configmap", "a")["data"] == {"key": "1"}
    assert side.get("configmap", "b")["data"] == {"key": "1"}
