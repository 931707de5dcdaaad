"""What the drill's real grounds ask of a cluster through kubectl, and what they conclude."""

from dataclasses import replace

import pytest

from drill.ground_site import NoAnswer
from drill.grounds.kubectl import Kubectl, KubectlObjects
from drill.grounds.unused_cluster import ClusterUnfit, check
from tests.contract.cluster_without_pods import make, store
from tests.contract.side import Side

pytestmark = pytest.mark.usefixtures("process")


def _kubectl(side: Side) -> Kubectl:
    return Kubectl(command=tuple(side.command), namespace=side.namespace)


def test_an_object_is_read_changed_and_deleted(side: Side) -> None:
    objects = KubectlObjects(_kubectl(side))
    side.apply(side.config_map("a", key="1", other="2"))

    objects.patch("ConfigMap", "a", {"data": {"key": "3", "other": None}})

    assert (objects.get("ConfigMap", "a") or {})["data"] == {"key": "3"}
    assert "a" in [each["metadata"]["name"] for each in objects.list("ConfigMap")]

    objects.delete("ConfigMap", "a")

    assert objects.get("ConfigMap", "a") is None


def test_objects_of_another_namespace_are_listed_where_it_is_named(side: Side) -> None:
    objects = KubectlObjects(replace(_kubectl(side), namespace="default"))
    side.apply(side.config_map("elsewhere", key="1"))

    named, own = (objects.list("ConfigMap", each) for each in (side.namespace, ""))

    assert "elsewhere" in [each["metadata"]["name"] for each in named]
    assert "elsewhere" not in [each["metadata"]["name"] for each in own]


def test_deleting_what_is_not_there_is_no_error_and_changing_it_is_one(side: Side) -> None:
    objects = KubectlObjects(_kubectl(side))

    objects.delete("ConfigMap", "nobody")
    with pytest.raises(NoAnswer, match="NotFound"):
        objects.patch("ConfigMap", "nobody", {"data": {}})


def test_kinds_of_the_operators_are_found_by_their_plain_names(side: Side) -> None:
    objects = KubectlObjects(_kubectl(side))
    for kind in ("Cluster", "Backup", "ObjectStore"):
        assert list(objects.list(kind)) == []
        assert objects.get(kind, "nobody") is None


def test_a_cluster_that_holds_an_object_of_ours_is_refused_by_its_name(side: Side) -> None:
    make(side, store(side))

    with pytest.raises(ClusterUnfit) as refused:
        check(_kubectl(side), "a.kubeconfig")

    line = str(refused.value)
    assert line.startswith("a.kubeconfig: ")
    assert "the ObjectStore store" in line
    assert "\n" not in line
