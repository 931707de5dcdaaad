"""A patch of a role is decided by the Cluster and the record as they are at that moment."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from host.errors import Refused, TimedOut
from host.kubernetes.kubectl_failed import KubectlFailed
from host.site import Site
from host.writer.observation import Observation, Observer
from host.writer.promotion import Promotion
from host.writer.role_change import change_role
from host.writer.role_step import Done, Patch, Step, Wait
from tests.host.decisions.examples import NOW, document, live, postgres, record

CONFLICT = "Error from server (Conflict): the object has been modified"


class Clock:
    """Time that passes in `sleep` alone."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Api:
    """Remembers patches; `fails` lets the next ones fail."""

    fails: list[str] = field(default_factory=list)
    patches: list[dict[str, Any]] = field(default_factory=list)

    def patch(self, _kind: str, _namespace: str, _name: str, merge: dict[str, Any]) -> None:
        if self.fails:
            raise KubectlFailed("patch", self.fails.pop(0))
        self.patches.append(merge)


@dataclass
class Seen:
    """An observer whose second look may see another world."""

    now: Observation
    later: Callable[[Observation], Observation] = lambda seen: seen

    def look(self) -> Observation:
        return self.now

    def look_again(self, _seen: Observation) -> Observation:
        self.now = self.later(self.now)
        return self.now


def site(api: Api) -> Site:
    machine = SimpleNamespace(clock=Clock())
    return cast(Site, SimpleNamespace(document=document("dr"), machine=machine, kubectl=api))


def replica() -> Observation:
    return Observation(
        cluster=live("dr", writer=False), state=postgres(in_recovery=True), record=record(1, "dr")
    )


def promote(seen: Observation) -> Step:
    asked = Promotion(site=document("dr"), record=seen.record, token=None, at=NOW)
    return asked.next_step(seen.cluster, seen.state)


def run(api: Api, seen: Seen, decide: Callable[[Observation], Step]) -> None:
    change_role(site(api), decide, observer=cast(Observer, seen))


def test_a_record_that_moved_since_the_look_holds_the_patch_back() -> None:
    api = Api()
    moved = Seen(replica(), lambda seen: replace(seen, record=record(2, "primary")))

    with pytest.raises(Refused, match="the record names primary"):
        run(api, moved, promote)

    assert api.patches == []


def test_the_patch_names_the_cluster_as_it_was_seen_last() -> None:
    api = Api()

    def newer(seen: Observation) -> Observation:
        seen.cluster.item["metadata"]["resourceVersion"] = "8"
        return seen

    def once(seen: Observation) -> Step:
        return Done() if api.patches else promote(seen)

    run(api, Seen(replica(), newer), once)

    assert api.patches[0]["metadata"]["resourceVersion"] == "8"
    assert api.patches[0]["spec"]["replica"]["primary"] == "postgres-cluster-dr"


def test_after_a_conflict_it_is_decided_again() -> None:
    api, decided = Api(fails=[CONFLICT]), list[Step]()

    def remembered(seen: Observation) -> Step:
        decided.append(Done() if api.patches else promote(seen))
        return decided[-1]

    run(api, Seen(replica()), remembered)

    assert len(api.patches) == 1
    assert sum(isinstance(step, Patch) for step in decided) == 4


def test_what_shortens_a_wait_is_done_before_each_pause_of_it() -> None:
    helped = 0

    def count(_seen: Observation) -> None:
        nonlocal helped
        helped += 1

    with pytest.raises(TimedOut, match="the moon"):
        change_role(
            site(Api()),
            lambda _: Wait(what="the moon"),
            meanwhile=count,
            observer=cast(Observer, Seen(replica())),
        )

    assert helped >= 900
