"""The operator on real PostgreSQL shows what the real one was recorded to show.

Who asks something of it here does so at other moments than in a recording. So the states are
compared in two parts: what the operator says of itself, and the tokens, each in its own order.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from drill.operator.behaviour.phases import APPLYING
from drill.operator.behaviour.seen import PAUSED
from drill.operator.promotion_token import PromotionToken, as_number
from drill.rig.recorder import Observed, digests
from drill.waiting import wait_for
from tests.contract.normal_form import Input, Recording, State, collapsed, normalised

pytestmark = pytest.mark.slow
Sequence = list[State | Input]


@contextmanager
def recorded(site: Any) -> Iterator[Sequence]:
    """The normal form of what a site shows meanwhile, complete at the end."""
    stop, observed, shown = threading.Event(), list[Observed](), Sequence()
    watching = threading.Thread(target=_watch, args=(site, stop, observed))
    watching.start()
    try:
        yield shown
        wait_for(lambda: watched_to_the_end(site, observed), 30, "the watch to see the last change")
    finally:
        stop.set()
        watching.join()
        shown += normalised(digests(observed))


def watched_to_the_end(site: Any, observed: list[Observed]) -> bool:
    """Whether the last state of the object that was seen is the one that it has."""
    shown = site.api.get("cluster", site.cluster)
    return bool(observed) and observed[-1].value == shown


def _watch(site: Any, stop: threading.Event, observed: list[Observed]) -> None:
    for change in site.api.watch("Cluster", stop=stop):
        name = change.object["metadata"]["name"]
        observed.append(Observed(seconds=0, kind="cluster", name=name, value=change.object))


def without_tokens(sequence: Sequence) -> Sequence:
    return collapsed([_without_tokens(each) for each in sequence])


def tokens(sequence: Sequence) -> list[tuple[str | None, ...]]:
    """What the object held of tokens, from state to state."""
    found: list[tuple[str | None, ...]] = []
    for each in sequence:
        if isinstance(each, State):
            held = (each.token, each.last_token, each.demotion_token)
            found += [held] if found[-1:] != [held] else []
    return found


def _without_tokens(each: State | Input) -> State | Input:
    if isinstance(each, Input):
        return each
    return replace(each, token=None, last_token=None, demotion_token=None)


def assert_as_recorded(shown: Sequence, name: str) -> None:
    recording = Recording.read(name).sequence

    assert without_tokens(shown) == without_tokens(recording), name
    assert tokens(shown) == tokens(recording), name


def hand_over(giver: Any, taker: Any) -> None:
    giver.patch_replica(primary=taker.cluster, source=taker.cluster, promotionToken=None)
    wait_for(lambda: "demotionToken" in giver.status(), 90, "the demotion token")
    token = giver.status()["demotionToken"]
    wait_for(lambda: giver.status().get("readyInstances", 0) < 3, 90, "its standbys to be away")
    wait_for(lambda: settled(giver), 90, "its standbys to be back")
    wait_for(lambda: was_replayed(taker, token), 90, "the taker to replay up to the token")
    promote(taker, source=giver.cluster, token=token)


def was_replayed(taker: Any, token: str) -> bool:
    """Whether the taker may be patched: `host/writer/promotion.py` waits for it first."""
    stopped = as_number(PromotionToken.decode(token).redo_location)
    return as_number(taker.value("SELECT pg_last_wal_replay_lsn()") or "0/0") > stopped


def promote(taker: Any, *, source: str, token: str | None) -> None:
    replica = {"primary": taker.cluster, "source": source, "promotionToken": token}
    patch(taker, replica, paused="disabled")
    wait_for(lambda: taker.value("SELECT pg_is_in_recovery()") is False, 90, "the promotion")
    wait_for(lambda: taker.status().get("lastPromotionToken") == token, 30, "its token to be used")
    wait_for(lambda: taker.status()["phase"] == APPLYING, 90, "an instance to ask for its restart")
    patch(taker, {"promotionToken": None}, paused=None)
    wait_for(lambda: taker.value("SHOW archive_mode") == "on", 180, "its restart as a writer")
    wait_for(lambda: settled(taker), 30, "its rest")


def patch(site: Any, replica: dict[str, str | None], *, paused: str | None) -> None:
    """As `host/writer/` promotes and settles: the role and the operator's pause in one patch."""
    annotations = {PAUSED: paused}
    merge = {"metadata": {"annotations": annotations}, "spec": {"replica": replica}}
    site.api.patch("Cluster", site.cluster, merge)


def settled(site: Any) -> bool:
    status = site.status()
    healthy = status.get("phase") == "Cluster in healthy state" and not status.get("phaseReason")
    return healthy and status.get("readyInstances") == status["instances"]


def test_a_hand_over_and_back_and_a_failover(twin: Any) -> None:
    primary, dr = twin["primary"], twin["dr"]

    with recorded(primary) as demoted, recorded(dr) as promoted:
        hand_over(primary, dr)
    assert_as_recorded(demoted, "demotion-3-instances")
    assert_as_recorded(promoted, "promotion-1-instance-paused")

    with recorded(dr) as demoted, recorded(primary) as promoted:
        hand_over(dr, primary)
    assert_as_recorded(demoted, "demotion-1-instance")
    assert_as_recorded(promoted, "promotion-3-instances-paused")

    primary.operator.kill()
    with recorded(dr) as promoted:
        promote(dr, source=dr.cluster, token=None)
    assert_as_recorded(promoted, "promotion-without-token-paused")


def test_a_pod_that_is_deleted(twin: Any) -> None:
    primary, dr = twin["primary"], twin["dr"]
    primary.execute("CREATE TABLE kept AS SELECT generate_series(1, 10) AS n")

    with recorded(primary) as shown:
        primary.api.delete("pod", "postgres-cluster-1")
        wait_for(lambda: primary.status()["currentPrimary"] != "postgres-cluster-1", 60, "another")
        wait_for(lambda: settled(primary), 120, "the old primary as a standby")
    assert shown == without_inputs("pod-deleted-3-instances")
    assert primary.value("SELECT count(*) FROM kept") == 10
    attached = "SELECT count(*) FROM pg_stat_replication"
    wait_for(lambda: primary.value(attached) == 2, 60, "both standbys to attach")

    with recorded(dr) as shown:
        dr.api.delete("pod", f"{dr.cluster}-1")
        wait_for(lambda: not dr.status().get("readyInstances"), 30, "its loss")
        wait_for(lambda: settled(dr), 60, "its return")
    # In the recording this cluster had been a writer once; only a writer notes its timeline.
    assert without_timelines(shown) == without_timelines(without_inputs("pod-deleted-1-instance"))


def without_timelines(sequence: Sequence) -> Sequence:
    states = [each for each in without_tokens(sequence) if isinstance(each, State)]
    return collapsed([replace(each, timeline=None) for each in states])


def without_inputs(name: str) -> Sequence:
    return [each for each in Recording.read(name).sequence if isinstance(each, State)]
