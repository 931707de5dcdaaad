"""Promotion: converges from every state, repeats without effect, and refuses what would lose data.

The operator, the host program and its death in between take turns in every order.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.kubernetes.cluster import PROMOTED_IN_EPOCH
from host.writer.promotion import REFUSAL_SECONDS, Promotion, refused
from host.writer.role_step import Done, Patch, Refuse, Step, Wait
from tests.host.decisions.examples import document, live, postgres, record, token
from tests.host.decisions.model_operator import ModelOperator

ROUNDS = 60
turns = st.lists(st.sampled_from(("host", "operator")), max_size=12)


def replica() -> ModelOperator:
    return ModelOperator(item=live("dr", writer=False).item, in_recovery=True)


def promotion(wanted: str | None, epoch: int = 1) -> Promotion:
    return Promotion(site=document("dr"), record=record(epoch, "dr", token=wanted), token=wanted)


def step(asked: Promotion, world: ModelOperator, *, seconds: float = 0) -> Step:
    waited = seconds if refused(world.cluster) else 0
    return asked.next_step(world.cluster, world.state, refused_seconds=waited)


def run(asked: Promotion, world: ModelOperator) -> Step:
    """Host and operator by turns until the host comes to an end."""
    for _ in range(ROUNDS):
        found = step(asked, world, seconds=REFUSAL_SECONDS)
        if isinstance(found, Patch | Refuse) and found.merge is not None:
            world.patch(found.merge)
        if isinstance(found, Done | Refuse):
            return found
        world.look()
    raise AssertionError(f"no end; the last step was {found}")


@given(wanted=st.sampled_from((None, token())), order=turns)
def test_whatever_happened_before_a_repeat_ends_with_one_healthy_writer(
    wanted: str | None, order: list[str]
) -> None:
    world, asked = replica(), promotion(wanted)
    for turn in order:
        if turn == "operator":
            world.look()
            continue
        found = step(asked, world)
        if isinstance(found, Patch):
            world.patch(found.merge)

    assert run(asked, world) == Done()
    assert world.cluster.is_writer
    assert not world.in_recovery
    assert world.timeline == 2
    assert world.cluster.promotion_token is None


@given(wanted=st.sampled_from((None, token())))
def test_a_repeat_of_a_finished_promotion_changes_nothing(wanted: str | None) -> None:
    world, asked = replica(), promotion(wanted)
    run(asked, world)
    world.look()

    assert step(asked, world) == Done()


@pytest.mark.parametrize(
    "forged",
    [
        "bm90IGEgdG9rZW4=",
        "###",
        token(system="1111111111111111111"),
        token(lsn="0/28"),
    ],
    ids=["no JSON", "no base64", "another system", "before what was replayed"],
)
def test_a_forged_token_is_refused_before_anything_changes(forged: str) -> None:
    world = replica()
    world.timeline = 1
    state = postgres(in_recovery=True, lsn="0/5000000")

    found = promotion(forged).next_step(world.cluster, state)

    assert isinstance(found, Refuse)
    assert found.merge is None


def test_a_stale_token_of_an_earlier_hand_over_is_refused_before_anything_changes() -> None:
    world = replica()
    world.timeline = 3

    found = step(promotion(token(timeline=2)), world)

    assert isinstance(found, Refuse)
    assert "timeline 2" in found.why


def test_a_token_that_only_the_operator_can_refuse_leaves_a_replica_again() -> None:
    world = replica()
    before = world.cluster.replica

    found = run(promotion(token(lsn="0/6000028")), world)

    assert isinstance(found, Refuse)
    assert world.cluster.replica == before
    assert world.in_recovery


def test_after_a_refused_token_the_right_one_still_promotes() -> None:
    world = replica()
    run(promotion(token(lsn="0/6000028")), world)

    assert run(promotion(token()), world) == Done()


def test_a_wait_for_a_token_can_be_given_up_in_the_same_epoch_at_the_price_of_the_tail() -> None:
    world = replica()
    first = step(promotion(token(lsn="0/6000028")), world)
    assert isinstance(first, Patch)
    world.patch(first.merge)

    assert run(promotion(None), world) == Done()


@pytest.mark.parametrize("wanted", [None, token()])
def test_a_site_that_is_the_writer_already_is_not_promoted(wanted: str | None) -> None:
    world = ModelOperator(item=live("dr").item, in_recovery=False)

    found = step(promotion(wanted), world)

    assert isinstance(found, Refuse)
    assert found.merge is None


def test_a_site_that_the_record_does_not_name_is_not_promoted() -> None:
    world = replica()
    asked = Promotion(site=document("dr"), record=record(4, "primary"), token=None)

    found = step(asked, world)

    assert isinstance(found, Refuse)
    assert found.merge is None
    assert "pgtwin failover --to dr" in found.why


@pytest.mark.parametrize("late", [None, token(timeline=2)])
def test_a_promotion_that_was_decided_before_the_record_moved_on_is_refused(
    late: str | None,
) -> None:
    newer = record(4, "dr", token=token(timeline=1))

    found = step(Promotion(site=document("dr"), record=newer, token=late), replica())

    assert isinstance(found, Refuse)
    assert found.merge is None
    assert "permits another promotion" in found.why


def test_nobody_is_promoted_while_the_records_contradict_each_other() -> None:
    asked = Promotion(site=document("dr"), record=record(4, "dr", contested=True), token=None)

    assert isinstance(step(asked, replica()), Refuse)


def test_role_and_token_change_in_one_patch() -> None:
    found = step(promotion(token(), epoch=7), replica())

    assert isinstance(found, Patch)
    assert found.merge["spec"]["replica"] == {
        "primary": "postgres-cluster-dr",
        "source": "postgres-cluster",
        "promotionToken": token(),
    }
    assert found.merge["metadata"]["annotations"] == {PROMOTED_IN_EPOCH: "7"}


def test_a_refusal_left_over_from_an_earlier_try_does_not_end_a_new_one() -> None:
    world = replica()
    found = step(promotion(token()), world)
    assert isinstance(found, Patch)
    world.patch(found.merge)
    world.item["status"]["phase"] = "Cluster is unrecoverable and needs manual intervention"

    assert isinstance(step(promotion(token()), world, seconds=1), Wait)
