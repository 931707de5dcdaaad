"""Two ways of the real operator through the same change have one normal form, and no others do."""

from typing import Any

from tests.contract.normal_form import normalised

NOTICE = ("Applying configuration", "PostgreSQL configuration changed")
HEALTHY = ("Cluster in healthy state", None)
WAITING = ("Waiting for the instances to become active", "Some instances are not yet active.")


def shown(
    phase: tuple[str, str | None], *, ready: int = 3, fenced: bool = False, follows: bool = False
) -> dict[str, Any]:
    return {
        "kind": "cluster",
        "name": "one",
        "annotations": {"cnpg.io/fencedInstances": '["*"]'} if fenced else {},
        "replica": {"primary": "two" if follows else "one"},
        "phase": phase[0],
        "phaseReason": phase[1],
        "readyInstances": ready,
        "conditions": {},
    }


def restarting(name: str) -> tuple[str, str]:
    return "Upgrading cluster", f"Restarting instance {name}, because: Postgres needs a restart"


def test_a_notice_during_a_roll_out_is_left_out_and_what_it_shows_is_kept() -> None:
    steps = [shown(restarting("one-2")), shown(WAITING, ready=2)]
    noticed = [*steps, shown(NOTICE, ready=2), shown(NOTICE), shown(HEALTHY)]

    assert normalised(noticed) == normalised([*steps, shown(WAITING), shown(HEALTHY)])


def test_a_notice_outside_a_roll_out_is_told() -> None:
    assert normalised([shown(HEALTHY), shown(NOTICE)]) != normalised([shown(HEALTHY)])


def test_the_fence_of_a_demotion_and_the_notice_have_one_order() -> None:
    first, last = shown(HEALTHY, follows=True), shown(NOTICE, fenced=True, follows=True)
    fence_first = [first, shown(HEALTHY, fenced=True, follows=True), last]
    notice_first = [first, shown(NOTICE, follows=True), last]

    assert normalised(fence_first) == normalised(notice_first) != normalised([first, last])


def test_a_fence_without_a_notice_stays_where_it_is() -> None:
    first, fenced = shown(HEALTHY, follows=True), shown(HEALTHY, fenced=True, follows=True)

    assert normalised([first, fenced]) != normalised([first])


def test_tokens_that_are_cleared_one_after_the_other_are_cleared_together() -> None:
    both = {"demotionToken": "a", "lastPromotionToken": "b"}
    first, last = {**shown(NOTICE), **both}, shown(NOTICE)
    between, other = {**last, "demotionToken": "a"}, {**last, "lastPromotionToken": "b"}

    assert normalised([first, between, last]) == normalised([first, last])
    assert normalised([first, other, last]) != normalised([first, last])


def test_standbys_are_named_in_the_order_in_which_they_are_restarted() -> None:
    upwards = [shown(restarting("one-2")), shown(restarting("one-3"))]
    downwards = [shown(restarting("one-3")), shown(restarting("one-2"))]
    twice = [shown(restarting("one-3")), shown(WAITING), shown(restarting("one-3"))]

    assert normalised(upwards) == normalised(downwards)
    assert normalised(twice) != normalised([*downwards[:1], shown(WAITING), *downwards[1:]])
