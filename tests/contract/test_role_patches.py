"""The patches that change who writes: admitted as they are, and refused over a newer Cluster."""

from typing import Any

import pytest

from host.kubernetes.cluster import CONFIRMED_IN_EPOCH, PAUSED, PROMOTED_IN_EPOCH, Cluster
from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from host.writer.demotion import Demotion
from host.writer.promotion import Promotion
from host.writer.role_step import Patch, Step
from host.writer.settlement import confirmed
from tests.contract.side import Object, Said, Side
from tests.host.decisions.examples import document, postgres, record, template

KIND = "clusters.postgresql.cnpg.io"
TRIES = 20
"""The operator writes the status meanwhile, and each time the resource version is another one."""


def make(side: Side, site: str, *, writer: str) -> str:
    """A Cluster of one site; its name."""
    item = template(site, writer)
    item["metadata"]["namespace"] = side.namespace
    item["spec"] |= {"instances": 1, "storage": {"size": "1Gi"}}
    said = side.apply(item)
    assert said.exit_code == 0, said.stderr
    return str(item["metadata"]["name"])


def patch(side: Side, name: str, merge: Object) -> Said:
    """As the host program does it: over the Cluster as it was seen, and once more if it changed."""
    for _ in range(TRIES):
        version = side.get(KIND, name)["metadata"]["resourceVersion"]
        metadata = {**merge.get("metadata", {}), "resourceVersion": version}
        said = side.patch(KIND, name, {**merge, "metadata": metadata})
        if said.exit_code == 0 or KubectlFailed("patch", said.stderr).reason != "Conflict":
            return said
    raise AssertionError("the Cluster never held still")


def merge_of(step: Step) -> Object:
    assert isinstance(step, Patch), step
    return step.merge


@pytest.mark.parametrize("own_archive", [False, True])
def test_a_promotion_without_a_token_is_admitted_and_so_is_its_settlement(
    side: Side, own_archive: bool
) -> None:
    name = make(side, "dr", writer="primary")
    asked = Promotion(
        site=document("dr"), record=record(1, "dr"), token=None, own_archive=own_archive
    )
    seen = Cluster(item=side.get(KIND, name))
    promoting = merge_of(asked.next_step(seen, postgres(in_recovery=True)))

    assert patch(side, name, promoting).exit_code == 0
    promoted: dict[str, Any] = side.get(KIND, name)
    assert promoted["metadata"]["annotations"][PAUSED] == "disabled"
    source = name if own_archive else "postgres-cluster"
    assert promoted["spec"]["replica"]["source"] == source

    assert patch(side, name, confirmed(Cluster(item=promoted))).exit_code == 0
    settled = side.get(KIND, name)["metadata"]["annotations"]
    assert PAUSED not in settled
    assert settled[PROMOTED_IN_EPOCH] == settled[CONFIRMED_IN_EPOCH] == "1"


def test_a_patch_over_a_cluster_that_has_changed_is_refused_and_may_be_repeated(
    side: Side,
) -> None:
    name = make(side, "primary", writer="primary")
    stale = side.get(KIND, name)["metadata"]["resourceVersion"]
    side.patch(KIND, name, {"metadata": {"annotations": {"pgtwin/nudged": "now"}}})

    said = side.patch(KIND, name, {"metadata": {"resourceVersion": stale, "labels": {"a": "b"}}})

    assert said.exit_code == 1
    assert KubectlFailed("patch", said.stderr).failure is Failure.CONFLICT
    assert "the object has been modified" in said.stderr


def test_a_demotion_is_admitted(side: Side) -> None:
    name = make(side, "primary", writer="primary")
    seen = side.get(KIND, name)
    seen["status"] = {"phase": "Cluster in healthy state", "readyInstances": 1}
    asked = Demotion(site=document("primary"), record=record(1, "primary"), epoch=1)
    demoting = merge_of(asked.next_step(Cluster(item=seen), running_backup=None))

    assert patch(side, name, demoting).exit_code == 0
    assert not Cluster(item=side.get(KIND, name)).is_writer
