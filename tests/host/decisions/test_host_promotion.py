"""Promotion: converges from every state, repeats without effect, and refuses what would lose data.

The operator, the host program, its death in between and restarts of PostgreSQL take turns in every
order; the operator forgets the token and restarts PostgreSQL as the recorded one does.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.kubernetes.cluster import (
    ALL_INSTANCES,
    CONFIRMED_IN_EPOCH,
    FENCED,
    HEALTHY,
    PROMOTED_IN_EPOCH,
    UNRECOVERABLE,
)
from host.writer.end_of_pause import is_open
from host.writer.promotion import REFUSAL_SECONDS, Promotion, refused
from host.writer.role_step import Done, Patch, Refuse, Step, Wait
from host.writer.settlement import Settlement
from tests.host.decisions.examples import NOW, document, live, postgres, record, token
from tests.host.decisions.model_operator import ModelOperator

ROUNDS = 60
turns = st.lists(
    st.sampled_from(("host", "settle", "operator", "restart", "lose the pod")), max_size=16
)


def replica() -> ModelOperator:
    return ModelOperator(item=live("dr", writer=False).item, in_recovery=True)


def promotion(wanted: str | None, epoch: int = 1) -> Promotion:
    return Promotion(
        site=document("dr"), record=record(epoch, "dr", token=wanted), token=wanted, at=NOW
    )


def step(asked: Promotion, world: ModelOperator, *, seconds: float = 0) -> Step:
    waited = seconds if refused(world.cluster) else 0
    lost = world.leader_lost
    return asked.next_step(world.cluster, world.state, refused_seconds=waited, leader_lost=lost)


def settlement(world: ModelOperator) -> Step:
    asked = Settlement(site=document("dr"))
    return asked.next_step(world.cluster, world.state, leader_lost=world.leader_lost)


def settle(world: ModelOperator) -> None:
    """Host and operator by turns until nothing of the promotion is left."""
    for _ in range(ROUNDS):
        found = settlement(world)
        if isinstance(found, Patch):
            world.patch(found.merge)
        if isinstance(found, Done):
            return
        assert not isinstance(found, Refuse), found
        world.look()
    raise AssertionError(f"no end; the last step was {found}")


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
        elif turn == "restart":
            world.restart()
        elif turn == "lose the pod":
            world.lose_pod()
        else:
            found = step(asked, world) if turn == "host" else settlement(world)
            if isinstance(found, Patch):
                world.patch(found.merge)

    assert run(asked, world) == Done()
    settle(world)
    assert world.cluster.is_writer
    assert world.cluster.healthy
    assert not world.in_recovery
    assert world.timeline == 2
    assert world.archive_mode == "on"
    assert not is_open(world.cluster)


@given(wanted=st.sampled_from((None, token())), order=turns)
def test_a_repeat_of_a_finished_promotion_changes_nothing_whatever_restarts(
    wanted: str | None, order: list[str]
) -> None:
    world, asked = replica(), promotion(wanted)
    run(asked, world)
    settle(world)
    for turn in order:
        if turn == "restart":
            world.restart()
        if turn == "lose the pod":
            world.lose_pod()
        if turn == "operator":
            world.look()

        assert not isinstance(step(asked, world), Patch | Refuse)


@pytest.mark.parametrize("wanted", [None, token()], ids=["without a token", "with a token"])
@pytest.mark.parametrize("looks", range(4))
def test_a_pod_that_goes_before_the_settlement_is_made_again_and_leads(
    wanted: str | None, looks: int
) -> None:
    world, asked = replica(), promotion(wanted)
    first = step(asked, world)
    assert isinstance(first, Patch)
    world.patch(first.merge)
    for _ in range(looks):
        world.look()

    world.lose_pod()

    assert run(asked, world) == Done()
    settle(world)
    assert world.cluster.healthy


def test_a_settlement_lets_the_operator_make_the_lost_pod_of_a_promotion_that_took_hold() -> None:
    world = replica()
    run(promotion(token()), world)
    world.look()
    world.lose_pod()

    settle(world)

    assert world.cluster.is_writer
    assert world.cluster.healthy


def test_a_settlement_takes_back_a_promotion_whose_pod_was_lost_before_its_token_was_used() -> None:
    world = waiting()
    world.lose_pod()

    found = settlement(world)

    assert isinstance(found, Patch)
    world.patch(found.merge)
    assert not world.cluster.is_writer
    assert not is_open(world.cluster)


def test_a_newer_epoch_makes_the_lost_pod_of_an_older_promotion_again() -> None:
    world = waiting()
    world.lose_pod()

    assert run(promotion(None, epoch=2), world) == Done()


def test_a_pod_that_may_come_back_keeps_the_operator_paused() -> None:
    world, asked = replica(), promotion(token())
    first = step(asked, world)
    assert isinstance(first, Patch)
    world.patch(first.merge)

    assert isinstance(asked.next_step(world.cluster, None), Wait)
    assert isinstance(Settlement(site=document("dr")).next_step(world.cluster, None), Wait)


@given(order=turns)
def test_a_token_is_asked_for_once_however_often_postgresql_restarts(order: list[str]) -> None:
    world, asked = replica(), promotion(token())
    asks = 0
    for turn in (*order, *("operator", "host", "settle") * 10):
        if turn == "operator":
            world.look()
        elif turn in ("restart", "lose the pod"):
            world.restart()
        else:
            found = step(asked, world) if turn == "host" else settlement(world)
            if isinstance(found, Patch):
                asks += "promotionToken" in str(found.merge) and token() in str(found.merge)
                world.patch(found.merge)

    assert asks == 1
    assert world.cluster.phase != UNRECOVERABLE


def test_done_says_that_postgresql_left_recovery_not_that_the_phase_is_healthy() -> None:
    world, asked = replica(), promotion(None)
    found = step(asked, world)
    assert isinstance(found, Patch)
    world.patch(found.merge)

    assert world.cluster.healthy
    assert isinstance(step(asked, world), Wait)


def test_no_instance_is_restarted_before_the_promotion_is_settled() -> None:
    world = replica()
    run(promotion(token()), world)
    for _ in range(ROUNDS):
        world.look()

    assert world.state is not None
    assert world.restarts
    settle(world)
    assert not world.restarts


@pytest.mark.parametrize("wanted", [None, token()])
def test_a_settlement_ends_only_after_the_restart(wanted: str | None) -> None:
    world = replica()
    run(promotion(wanted), world)
    first = settlement(world)
    assert isinstance(first, Patch)
    world.patch(first.merge)
    world.item["status"]["phase"] = HEALTHY

    assert isinstance(settlement(world), Wait)


def test_what_is_left_of_a_spent_token_is_taken_back_and_the_cluster_recovers() -> None:
    world, asked = replica(), promotion(token())
    run(asked, world)
    settle(world)
    # What an older version of this program did in the restart after the promotion (recording 04).
    world.patch({"spec": {"replica": {"promotionToken": token()}}})
    world.look()
    assert world.cluster.phase == UNRECOVERABLE

    assert run(asked, world) == Done()
    settle(world)
    assert world.cluster.healthy
    assert world.cluster.promotion_token is None


def test_the_patch_waits_until_everything_up_to_the_token_was_replayed() -> None:
    world, asked = replica(), promotion(token(lsn="0/5000028"))
    world.lsn = "0/5000028"
    assert isinstance(step(asked, world), Wait)

    world.lsn = "0/50000A0"
    assert isinstance(step(asked, world), Patch)


def test_a_demotion_that_still_runs_is_waited_for_before_the_way_back() -> None:
    world = replica()
    world.item["status"]["switchReplicaClusterStatus"] = {"inProgress": True}
    world.patch({"metadata": {"annotations": {FENCED: ALL_INSTANCES}}})

    assert isinstance(step(promotion(token()), world), Wait)


def test_a_promotion_whose_peer_does_not_answer_reads_only_its_own_archive() -> None:
    asked = replace(promotion(None), own_archive=True)

    found = step(asked, replica())

    assert isinstance(found, Patch)
    assert found.merge["spec"]["replica"]["source"] == "postgres-cluster-dr"


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


ONLY_THE_OPERATOR_REFUSES = token(lsn="0/5000020")
"""Of a checkpoint before the last one: only the control file tells."""


def test_a_token_that_only_the_operator_can_refuse_leaves_a_replica_again() -> None:
    world = replica()
    before = world.cluster.replica

    found = run(promotion(ONLY_THE_OPERATOR_REFUSES), world)

    assert isinstance(found, Refuse)
    assert world.cluster.replica == before
    assert world.in_recovery
    assert not is_open(world.cluster)


def test_after_a_refused_token_the_right_one_still_promotes() -> None:
    world = replica()
    run(promotion(ONLY_THE_OPERATOR_REFUSES), world)

    assert run(promotion(token()), world) == Done()


def waiting() -> ModelOperator:
    """A switchover told the site to write in epoch 1, and its token is never fulfilled."""
    world = replica()
    first = step(promotion(ONLY_THE_OPERATOR_REFUSES), world)
    assert isinstance(first, Patch)
    world.patch(first.merge)
    return world


def test_a_wait_for_a_token_is_given_up_in_a_newer_epoch_at_the_price_of_the_tail() -> None:
    world = waiting()

    assert run(promotion(None, epoch=2), world) == Done()
    assert world.cluster.promotion_token is None
    assert world.cluster.annotation(PROMOTED_IN_EPOCH) == "2"


def test_a_promotion_without_the_token_that_the_epoch_asks_for_is_refused() -> None:
    world = waiting()
    asked = replace(promotion(None), record=record(1, "dr", token=ONLY_THE_OPERATOR_REFUSES))

    found = step(asked, world)

    assert isinstance(found, Refuse)
    assert found.merge is None


@pytest.mark.parametrize("settled", [True, False])
def test_a_promotion_that_took_hold_in_an_earlier_epoch_is_noted_and_changes_no_role(
    settled: bool,
) -> None:
    world = replica()
    run(promotion(token()), world)
    if settled:
        settle(world)
    before = world.cluster.replica

    assert run(promotion(None, epoch=2), world) == Done()
    assert world.cluster.replica == before
    assert world.cluster.annotation(PROMOTED_IN_EPOCH) == "2"
    assert world.cluster.annotation(CONFIRMED_IN_EPOCH) == ("2" if settled else None)
    assert world.cluster.paused is not settled


def test_a_settled_writer_that_seems_to_be_in_recovery_is_waited_for_and_not_promoted() -> None:
    """As while another of its instances takes the lead."""
    world = replica()
    run(promotion(token()), world)
    settle(world)

    found = promotion(None, epoch=2).next_step(world.cluster, postgres(in_recovery=True))

    assert isinstance(found, Wait)


def test_a_site_that_is_the_writer_already_is_not_promoted_with_a_token() -> None:
    world = ModelOperator(item=live("dr").item, in_recovery=False)

    found = step(promotion(token()), world)

    assert isinstance(found, Refuse)
    assert found.merge is None


@pytest.mark.parametrize("wanted", [None, token()], ids=["without a token", "with a token"])
def test_a_promotion_that_runs_again_after_the_site_was_demoted_is_refused(
    wanted: str | None,
) -> None:
    world = replica()
    assert isinstance(run(promotion(wanted), world), Done)
    settle(world)
    world.item["spec"]["replica"]["primary"] = world.item["spec"]["replica"]["source"]

    found = step(promotion(wanted), world)

    assert isinstance(found, Refuse)
    assert "demoted since" in found.why
    assert isinstance(step(promotion(wanted, epoch=2), world), Patch | Wait)


def test_a_site_that_the_record_does_not_name_is_not_promoted() -> None:
    world = replica()
    asked = Promotion(site=document("dr"), record=record(4, "primary"), token=None, at=NOW)

    found = step(asked, world)

    assert isinstance(found, Refuse)
    assert found.merge is None
    assert "pgtwin failover --to dr" in found.why


@pytest.mark.parametrize("late", [None, token(timeline=2)])
def test_a_promotion_that_was_decided_before_the_record_moved_on_is_refused(
    late: str | None,
) -> None:
    newer = record(4, "dr", token=token(timeline=1))

    found = step(Promotion(site=document("dr"), record=newer, token=late, at=NOW), replica())

    assert isinstance(found, Refuse)
    assert found.merge is None
    assert "permits another promotion" in found.why


def test_nobody_is_promoted_while_the_records_contradict_each_other() -> None:
    asked = Promotion(
        site=document("dr"), record=record(4, "dr", contested=True), token=None, at=NOW
    )

    assert isinstance(step(asked, replica()), Refuse)


def test_role_and_token_change_in_one_patch() -> None:
    found = step(promotion(token(), epoch=7), replica())

    assert isinstance(found, Patch)
    assert found.merge["spec"]["replica"] == {
        "primary": "postgres-cluster-dr",
        "source": "postgres-cluster",
        "promotionToken": token(),
    }
    assert found.merge["metadata"]["annotations"][PROMOTED_IN_EPOCH] == "7"


def test_a_refusal_left_over_from_an_earlier_try_does_not_end_a_new_one() -> None:
    world = replica()
    found = step(promotion(token()), world)
    assert isinstance(found, Patch)
    world.patch(found.merge)
    world.item["status"]["phase"] = "Cluster is unrecoverable and needs manual intervention"

    assert isinstance(step(promotion(token()), world, seconds=1), Wait)
