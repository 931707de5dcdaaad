"""Demotion: converges from every state, always with the token of this demotion, and repeats it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.kubernetes.cluster import DEMOTION_TOKEN, FENCED, Cluster
from host.verbs.unfence import objection
from host.writer.demotion import Demotion
from host.writer.role_step import Done, Patch, Refuse, Step
from tests.host.decisions.examples import document, live, record, token
from tests.host.decisions.model_operator import ModelOperator

ROUNDS = 60
turns = st.lists(st.sampled_from(("host", "operator", "unfence")), max_size=16)
UNFENCE: dict[str, object] = {"metadata": {"annotations": {FENCED: None}}}
ASKED = Demotion(site=document("primary"), record=record(1, "primary"))


def writer(timeline: int = 3) -> ModelOperator:
    return ModelOperator(item=live("primary").item, in_recovery=False, timeline=timeline)


def step(world: ModelOperator, asked: Demotion = ASKED) -> Step:
    return asked.next_step(world.cluster, running_backup=None, archive_slow=None)


def run(world: ModelOperator) -> Step:
    for _ in range(ROUNDS):
        found = step(world)
        if isinstance(found, Patch):
            world.patch(found.merge)
        if isinstance(found, Done | Refuse):
            return found
        world.look()
    raise AssertionError(f"no end; the last step was {found}")


def being_demoted() -> ModelOperator:
    """As far as the operator's own fence."""
    world = writer()
    while not world.cluster.switching:
        found = step(world)
        if isinstance(found, Patch):
            world.patch(found.merge)
        world.look()
    return world


def kept_token(world: ModelOperator) -> str | None:
    return world.cluster.annotation(DEMOTION_TOKEN)


@given(order=turns, older=st.booleans())
def test_whatever_happened_before_a_repeat_ends_with_a_replica_and_its_token(
    order: list[str], older: bool
) -> None:
    world = writer()
    if older:
        world.item["status"]["demotionToken"] = token(timeline=1)
    for turn in order:
        found = step(world)
        if turn == "operator":
            world.look()
        elif turn == "unfence":
            world.patch(UNFENCE)
        elif isinstance(found, Patch):
            world.patch(found.merge)

    assert run(world) == Done()
    assert not world.cluster.is_writer
    assert kept_token(world) == token(timeline=3)
    follows(world)


def follows(world: ModelOperator) -> None:
    """The operator ends what it began without the host program."""
    for _ in range(ROUNDS):
        world.look()
    assert world.state is not None
    assert world.state.in_recovery
    assert world.cluster.healthy
    assert not world.cluster.stopped


@given(order=turns)
def test_a_token_that_the_operator_wipes_is_kept_once_it_was_seen(order: list[str]) -> None:
    world = writer()
    run(world)
    world.wipe_token()
    for turn in order:
        if turn == "operator":
            world.look()
        else:
            step(world)

    assert step(world) == Done()
    assert kept_token(world) == token(timeline=3)


def test_a_second_demotion_never_gives_the_token_of_the_first() -> None:
    world = writer(timeline=3)
    run(world)
    follows(world)
    world.patch({"spec": {"replica": {"primary": "postgres-cluster"}}})
    for _ in range(ROUNDS):
        world.look()
    assert world.timeline == 4

    assert run(world) == Done()
    assert kept_token(world) == token(timeline=4)


def test_a_site_that_always_was_a_replica_is_left_alone() -> None:
    world = ModelOperator(item=live("primary", writer=False).item, in_recovery=True)

    found = step(world, Demotion(site=document("primary"), record=record(1, "dr")))

    assert isinstance(found, Refuse)
    assert found.merge is None


def test_a_repeat_after_the_record_moved_on_still_gives_the_token() -> None:
    world = writer()
    run(world)

    found = step(world, Demotion(site=document("primary"), record=record(2, "dr")))

    assert found == Done()


def unhealthy(cluster: Cluster) -> None:
    cluster.item["status"]["readyInstances"] = 0


def fenced(cluster: Cluster) -> None:
    cluster.item["metadata"]["annotations"]["cnpg.io/fencedInstances"] = '["*"]'


def being_promoted(cluster: Cluster) -> None:
    cluster.item["spec"]["replica"]["promotionToken"] = token()


def switching(cluster: Cluster) -> None:
    cluster.item["status"]["switchReplicaClusterStatus"] = {"inProgress": True}


@pytest.mark.parametrize("trouble", [unhealthy, fenced, being_promoted, switching])
def test_a_site_in_trouble_is_not_demoted(trouble: object) -> None:
    world = writer()
    trouble(world.cluster)  # type: ignore[operator]

    found = step(world)

    assert isinstance(found, Refuse)
    assert found.merge is None


def test_a_demotion_waits_for_no_backup_but_is_refused_while_one_runs() -> None:
    world = writer()

    found = ASKED.next_step(world.cluster, running_backup="daily-7 (pending)", archive_slow=None)

    assert isinstance(found, Refuse)
    assert "base backup daily-7 (pending)" in found.why


def test_a_site_whose_archive_does_not_keep_up_is_not_demoted_but_a_demotion_goes_on() -> None:
    world = writer()
    waits = "WAL segments that wait for it: 900, for 700 s at most"

    found = ASKED.next_step(world.cluster, running_backup=None, archive_slow=waits)

    assert isinstance(found, Refuse)
    assert waits in found.why
    assert run(world) == Done()


@pytest.mark.parametrize(("status", "begins"), [("False", False), ("True", True), (None, True)])
def test_a_site_is_demoted_unless_the_operator_says_that_its_archive_fails(
    status: str | None, begins: bool
) -> None:
    world = writer()
    if status:
        condition = {"type": "ContinuousArchiving", "status": status}
        world.item["status"]["conditions"] = [condition]

    assert isinstance(step(world), Patch if begins else Refuse)


def test_a_site_that_the_record_does_not_name_is_not_demoted() -> None:
    asked = Demotion(site=document("primary"), record=record(2, "dr"))

    assert isinstance(step(writer(), asked), Refuse)


def test_the_token_is_told_as_soon_as_it_is_there_and_before_postgresql_follows() -> None:
    world = writer()
    run(world)

    assert step(world) == Done()
    assert world.state is None


def test_the_operators_own_fence_is_no_fence_of_ours() -> None:
    world = being_demoted()

    assert world.cluster.stopped
    assert world.cluster.demoting
    assert not world.cluster.fenced


def test_the_operators_fence_is_not_lifted_before_the_demotion_is_over() -> None:
    world, at = being_demoted(), document("primary")
    why = objection(at, record(1, "primary"), world.cluster)
    assert why is not None
    assert "is being demoted" in why

    run(world)
    follows(world)
    assert objection(at, record(1, "primary"), world.cluster) is None


def test_a_demotion_whose_fence_was_lifted_goes_on_under_a_new_one() -> None:
    world = being_demoted()
    world.patch(UNFENCE)
    for _ in range(ROUNDS):
        world.look()
    assert world.cluster.switching, "the operator polls without end"

    assert run(world) == Done()
    follows(world)


@pytest.mark.parametrize("decided_in", [0, 2])
def test_a_demotion_that_was_decided_in_another_epoch_is_refused(decided_in: int) -> None:
    asked = Demotion(site=document("primary"), record=record(1, "primary"), epoch=decided_in)

    found = step(writer(), asked)

    assert isinstance(found, Refuse)
    assert found.merge is None


def test_a_demoted_site_follows_its_peer_under_the_name_that_the_peer_was_cloned_with() -> None:
    asked = Demotion(
        site=document("primary"),
        record=record(4, "primary", server_names={"dr": "postgres-cluster-dr-g2"}),
    )

    found = step(writer(), asked)

    assert isinstance(found, Patch)
    names = {
        each["name"]: each["plugin"]["parameters"]["serverName"]
        for each in found.merge["spec"]["externalClusters"]
    }
    assert names == {
        "postgres-cluster": "postgres-cluster",
        "postgres-cluster-dr": "postgres-cluster-dr-g2",
    }
