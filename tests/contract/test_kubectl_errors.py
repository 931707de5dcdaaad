"""What is not there, has changed or may not be done: in kubectl's words, and what the host program
makes of them.
"""

import json
from typing import Any

import pytest

from host.kubernetes.cluster import KIND
from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from tests.contract.side import Said, Side, done, failed

ANOTHER_UID = "11111111-1111-1111-1111-111111111111"


def failure(said: Said) -> Failure:
    assert said.exit_code == 1, said
    return KubectlFailed("", said.stderr).failure


@pytest.mark.parametrize(("kind", "called"), [("configmap", "configmaps"), (KIND, KIND)])
def test_an_object_that_is_not_there(side: Side, kind: str, called: str) -> None:
    said = side.kubectl("get", kind, "nobody", "-n", side.namespace, "-o", "json")

    assert said == failed(f'Error from server (NotFound): {called} "nobody" not found')
    assert failure(said) is Failure.GONE


def test_nothing_is_printed_for_an_object_that_may_be_absent(side: Side) -> None:
    options = ("--ignore-not-found", "-o", "json")

    assert side.kubectl("get", KIND, "nobody", "-n", side.namespace, *options) == Said(exit_code=0)
    assert side.kubectl("get", KIND, "-n", side.namespace, *options) == Said(exit_code=0)


@pytest.mark.usefixtures("process")
def test_an_absent_namespace_is_told_apart_by_its_kind_alone(side: Side) -> None:
    said = side.kubectl("get", KIND, "nobody", "-n", "nowhere", "-o", "json")

    assert said == failed('Error from server (NotFound): namespaces "nowhere" not found')
    assert side.kubectl("get", KIND, "-n", "nowhere", "-o", "json", "--ignore-not-found") == Said(
        exit_code=0
    )


def test_an_empty_list_has_no_items(side: Side) -> None:
    said = side.kubectl("get", "pods", "-n", side.namespace, "-l", "a=b", "-o", "json")

    assert json.loads(said.stdout)["items"] == []


@pytest.mark.usefixtures("process")
def test_what_is_no_selector_is_refused(side: Side) -> None:
    said = side.kubectl("get", "pods", "-n", side.namespace, "-l", "a==b=c", "-o", "json")

    assert failure(said) is Failure.REFUSED
    assert said.stderr.startswith("Error from server (BadRequest): Unable to find ")


def test_a_patch_of_what_is_not_there(side: Side) -> None:
    said = side.patch("configmap", "nobody", {"data": {}})

    assert said == failed('Error from server (NotFound): configmaps "nobody" not found')
    assert failure(said) is Failure.GONE


def test_a_patch_over_an_older_version_is_a_conflict(side: Side) -> None:
    side.create(side.config_map("a"))

    said = side.patch("configmap", "a", {"metadata": {"resourceVersion": "1"}, "data": {"k": "v"}})

    assert said == failed(
        'Error from server (Conflict): Operation cannot be fulfilled on configmaps "a": the object '
        "has been modified; please apply your changes to the latest version and try again"
    )
    assert failure(said) is Failure.CONFLICT


def test_a_patch_of_another_object_of_that_name_is_refused(side: Side) -> None:
    side.create(side.config_map("a"))

    said = side.patch("configmap", "a", {"metadata": {"uid": "x"}, "data": {"k": "v"}})

    assert said == failed(
        'The ConfigMap "a" is invalid: metadata.uid: Invalid value: "x": field is immutable'
    )
    assert failure(said) is Failure.REFUSED


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize("merge", ['{"data": {"k": 1}}', "no object"])
def test_a_patch_that_makes_no_sense_is_refused(side: Side, merge: str) -> None:
    side.create(side.config_map("a"))

    how = ("--type=merge", "-p", merge)

    assert failure(side.kubectl("patch", "configmap", "a", "-n", side.namespace, *how)) is (
        Failure.REFUSED
    )


def test_an_object_that_is_there_already(side: Side) -> None:
    side.create(side.config_map("a"))

    said = side.create(side.config_map("a"))

    assert said == failed(
        'Error from server (AlreadyExists): error when creating "STDIN": configmaps "a" already '
        "exists"
    )
    assert KubectlFailed("", said.stderr).reason == "AlreadyExists"


def test_a_deletion_and_its_repeat(side: Side) -> None:
    side.create(side.config_map("a"))

    assert side.delete("configmap", "a") == done(
        f'configmap "a" deleted from {side.namespace} namespace'
    )
    assert side.delete("configmap", "a", "--ignore-not-found") == Said(exit_code=0)
    assert failure(side.delete("configmap", "a")) is Failure.GONE


def test_a_dry_run_deletes_nothing(side: Side) -> None:
    side.create(side.config_map("a", key="1"))
    before = side.get("configmap", "a")

    said = side.delete("configmap", "a", "--dry-run=server")

    assert said == done(f'configmap "a" deleted from {side.namespace} namespace (server dry run)')
    assert side.get("configmap", "a") == before


def _held(side: Side) -> None:
    """A ConfigMap that is being deleted and waits for its finalizer."""
    item = side.config_map("a", key="1")
    item["metadata"]["finalizers"] = ["pgtwin/keep"]
    side.create(item)
    assert side.delete("configmap", "a").exit_code == 0


def test_an_object_with_a_finalizer_is_marked_and_goes_with_its_last_finalizer(
    side: Side,
) -> None:
    _held(side)
    marked = side.get("configmap", "a")

    assert marked["metadata"]["deletionTimestamp"]
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 0
    assert side.delete("configmap", "a").exit_code == 0
    assert side.get("configmap", "a") == marked

    side.patch("configmap", "a", {"metadata": {"finalizers": None}})

    assert failure(side.kubectl("get", "configmap", "a", "-n", side.namespace)) is Failure.GONE


def test_an_object_that_is_being_deleted_takes_no_finalizer_and_no_successor(side: Side) -> None:
    _held(side)

    more = {"metadata": {"finalizers": ["pgtwin/other", "pgtwin/keep"]}}
    assert side.patch("configmap", "a", more) == failed(
        'The ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be '
        'added if the object is being deleted, found new finalizers []string{"pgtwin/other"}'
    )
    assert side.create(side.config_map("a")) == failed(
        'Error from server (AlreadyExists): error when creating "STDIN": object is being deleted: '
        'configmaps "a" already exists'
    )


@pytest.mark.usefixtures("process")
def test_a_deletion_that_waits_gives_up_in_time(side: Side) -> None:
    _held(side)

    said = side.kubectl("delete", "configmap", "a", "-n", side.namespace, "--timeout=1s")

    message = KubectlFailed("", said.stderr).message
    assert message == "error: timed out waiting for the condition on configmaps/a"
    assert failure(said) is Failure.PASSING


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize(
    ("demanded", "told"),
    [
        ({"uid": ANOTHER_UID}, f"the UID in the precondition ({ANOTHER_UID}) does not match"),
        ({"resourceVersion": "1"}, "the ResourceVersion in the precondition (1) does not match"),
    ],
    ids=["uid", "resourceVersion"],
)
def test_a_deletion_of_another_object_of_that_name_is_a_conflict(
    side: Side, tmp_path: Any, demanded: dict[str, str], told: str
) -> None:
    side.create(side.config_map("a"))
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": demanded}
    file = tmp_path / "options.json"
    file.write_text(json.dumps(options))

    path = f"/api/v1/namespaces/{side.namespace}/configmaps/a"
    said = side.kubectl("delete", "--raw", path, "-f", str(file))

    assert said.stderr.startswith(
        f'Error from server (Conflict): Operation cannot be fulfilled on ConfigMap "a": {told}'
    )
    assert failure(said) is Failure.CONFLICT
    assert side.get("configmap", "a")


@pytest.mark.usefixtures("process")
def test_a_command_in_a_pod_that_is_not_there(side: Side) -> None:
    said = side.kubectl("exec", "-n", side.namespace, "nobody", "-c", "postgres", "--", "true")

    assert said == failed('Error from server (NotFound): pods "nobody" not found')
    assert failure(said) is Failure.GONE
