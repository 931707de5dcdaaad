"""The patches that change who writes: admitted as they are, and refused over a newer Cluster."""

import pytest

from drill.operator.promotion_token import PromotionToken
from host.kubernetes.cluster import CONFIRMED_IN_EPOCH, PAUSED, PROMOTED_IN_EPOCH, Cluster
from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from host.writer.demotion import Demotion
from host.writer.end_of_pause import confirmed
from host.writer.promotion import REFUSAL_SECONDS, Promotion
from host.writer.role_step import Patch, Refuse, Step
from tests.contract.side import Object, Said, Side
from tests.host.decisions.examples import NOW, SYSTEM, document, postgres, record, template

KIND = "clusters.postgresql.cnpg.io"
TOKEN = PromotionToken(
    timeline="1",
    redo_wal_file="000000010000000000000003",
    system_identifier=SYSTEM,
    redo_location="0/3000028",
    checkpoint_time="Wed Nov 25 17:00:00 2026",
).encode()
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


def begin(side: Side, name: str, asked: Promotion) -> Object:
    """The Cluster with the patch of a promotion on it, whose token was replayed."""
    seen = Cluster(item=side.get(KIND, name))
    replayed = postgres(in_recovery=True, lsn="0/4000000")
    said = patch(side, name, merge_of(asked.next_step(seen, replayed)))
    assert said.exit_code == 0, said.stderr
    return side.get(KIND, name)


def promotion(token: str | None, *, own_archive: bool = False) -> Promotion:
    decided = record(1, "dr", token=token)
    return Promotion(
        site=document("dr"), record=decided, token=token, at=NOW, own_archive=own_archive
    )


@pytest.mark.parametrize(
    ("token", "own_archive"),
    [(TOKEN, False), (None, False), (None, True)],
    ids=["token", "no-token", "own-archive"],
)
def test_a_promotion_is_admitted_and_so_is_its_settlement(
    side: Side, token: str | None, own_archive: bool
) -> None:
    name = make(side, "dr", writer="primary")

    promoted = begin(side, name, promotion(token, own_archive=own_archive))

    assert promoted["metadata"]["annotations"][PAUSED] == "disabled"
    replica = promoted["spec"]["replica"]
    assert replica["source"] == (name if own_archive else "postgres-cluster")
    assert replica.get("promotionToken") == token

    assert patch(side, name, confirmed(Cluster(item=promoted))).exit_code == 0
    settled = side.get(KIND, name)
    annotations = settled["metadata"]["annotations"]
    assert PAUSED not in annotations
    assert annotations[PROMOTED_IN_EPOCH] == annotations[CONFIRMED_IN_EPOCH] == "1"
    assert "promotionToken" not in settled["spec"]["replica"]


@pytest.mark.parametrize("token", [TOKEN, None], ids=["token", "no-token"])
def test_a_promotion_that_is_refused_may_be_taken_back(side: Side, token: str | None) -> None:
    name = make(side, "dr", writer="primary")
    asked = promotion(token)
    promoted = begin(side, name, asked)

    step = asked.next_step(
        Cluster(item=promoted), postgres(in_recovery=True), refused_seconds=REFUSAL_SECONDS
    )
    assert isinstance(step, Refuse)
    assert step.merge
    said = patch(side, name, step.merge)

    assert said.exit_code == 0, said.stderr
    item = side.get(KIND, name)
    assert not Cluster(item=item).is_writer
    assert "promotionToken" not in item["spec"]["replica"]
    assert "annotations" not in item["metadata"]


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
    demoting = merge_of(asked.next_step(Cluster(item=seen), running_backup=None, archive_slow=None))

    assert patch(side, name, demoting).exit_code == 0
    assert not Cluster(item=side.get(KIND, name)).is_writer
