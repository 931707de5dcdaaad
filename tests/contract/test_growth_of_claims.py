"""A size that is raised: what becomes of the claims that exist, and of the work on pods."""

import pytest

from tests.contract.cluster_without_pods import (
    begin,
    claims,
    join_claim,
    make,
    make_first_pod,
    until,
)
from tests.contract.host_kubectl import host_kubectl
from tests.contract.side import Object, Side, failed
from tests.waiting import stays_away

pytestmark = pytest.mark.usefixtures("process")
CLUSTERS = "clusters.postgresql.cnpg.io"
ROLE = "cnpg.io/pvcRole"


def test_a_bound_claim_whose_class_does_not_allow_it_does_not_grow(begun: Side) -> None:
    make_first_pod(begun)
    larger = {"spec": {"resources": {"requests": {"storage": "4Gi"}}}}

    assert begun.patch("pvc", "there-1", larger) == failed(
        'Error from server (Forbidden): persistentvolumeclaims "there-1" is forbidden: only '
        "dynamically provisioned pvc can be resized and the storageclass that provisions the pvc "
        "must support resize"
    )


def test_the_sizes_of_a_cluster_cannot_be_lowered(begun: Side) -> None:
    said = begun.patch(CLUSTERS, "there", {"spec": {"storage": {"size": "1Gi"}}})

    assert said == failed(
        'The Cluster "there" is invalid: spec.storage: Invalid value: "1Gi": can\'t shrink '
        "existing storage from 2Gi to 1Gi"
    )


def test_a_size_is_raised_and_a_lost_pod_still_comes_back(site: Side) -> None:
    begin(site, resizeInUseVolumes=False)
    pod = make_first_pod(site)

    raise_sizes(site)
    site.delete("pod", "there-1")

    until("another pod", lambda: _is_another(site, pod))
    sizes = [each["spec"]["resources"]["requests"]["storage"] for each in claims(site).values()]
    assert sizes == ["2Gi", "1Gi"]


def test_a_claim_that_is_told_to_grow_keeps_lost_pods_away_until_it_is_not(begun: Side) -> None:
    pod = make_first_pod(begun)

    raise_sizes(begun)
    begun.delete("pod", "there-1")
    stays_away(lambda: _is_another(begun, pod), seconds=3)

    begun.patch(CLUSTERS, "there", {"spec": {"storage": {"resizeInUseVolumes": False}}})
    until("another pod", lambda: _is_another(begun, pod))


def test_a_claim_of_an_instance_gets_the_label_back_that_says_which_volume_it_is(
    begun: Side,
) -> None:
    make_first_pod(begun)

    unlabelled = {"metadata": {"labels": {ROLE: None}}}
    assert begun.patch("pvc", "there-1-wal", unlabelled).exit_code == 0

    until("its label", lambda: _role(begun, "there-1-wal") == "PG_WAL")


def test_a_claim_of_the_cluster_that_is_no_volume_of_an_instance_keeps_lost_pods_away(
    begun: Side,
) -> None:
    pod = make_first_pod(begun)

    make(begun, another_claim(begun, owned=True))
    begun.delete("pod", "there-1")
    stays_away(lambda: _is_another(begun, pod), seconds=3)

    assert _role(begun, "another") is None
    begun.patch("pvc", "another", {"metadata": {"finalizers": None}})
    begun.delete("pvc", "another")
    until("another pod", lambda: _is_another(begun, pod))


def test_a_claim_that_only_carries_the_cluster_s_label_is_nobody_s_concern(begun: Side) -> None:
    pod = make_first_pod(begun)

    make(begun, another_claim(begun, owned=False))
    begun.delete("pod", "there-1")

    until("another pod", lambda: _is_another(begun, pod))
    assert _role(begun, "another") is None


def another_claim(side: Side, *, owned: bool) -> Object:
    """A claim with the label of the Cluster, and none of an instance's volumes."""
    item = join_claim(side, "ready")
    item["metadata"] |= {"name": "another", "labels": {"cnpg.io/cluster": "there"}}
    item["metadata"].pop("annotations")
    if owned:
        item["metadata"]["ownerReferences"] = side.get("pvc", "there-1")["metadata"][
            "ownerReferences"
        ]
    return item


def _role(side: Side, claim: str) -> str | None:
    role: str | None = side.get("pvc", claim)["metadata"]["labels"].get(ROLE)
    return role


def raise_sizes(side: Side) -> None:
    """As a deployment with more `storage_gib` and `wal_gib`."""
    sizes = {"storage": {"size": "4Gi"}, "walStorage": {"size": "3Gi"}}
    assert side.patch(CLUSTERS, "there", {"spec": sizes}).exit_code == 0


def _is_another(side: Side, pod: Object) -> bool:
    found = host_kubectl(side).get("pod", "there-1", "-n", side.namespace)
    return found is not None and found["metadata"]["uid"] != pod["metadata"]["uid"]
