"""How often a demotion makes the operator look: often while clients wait, rarely after errors."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

from host.kubernetes.cluster import NUDGED, Cluster
from host.site import Site
from host.writer.nudge import EVERY_SECONDS, SOON_SECONDS, SOON_UNTIL_SECONDS, Nudge
from host.writer.observation import Observation
from tests.host.decisions.examples import record
from tests.host.site.edges import SkippingClock


class Asked:
    """A kubectl that notes when it was asked for what."""

    def __init__(self, clock: SkippingClock) -> None:
        self._clock = clock
        self.patched: list[float] = []
        self.cleared: list[float] = []

    def patch(self, _kind: str, _namespace: str, _name: str, merge: dict[str, Any]) -> None:
        assert NUDGED in merge["metadata"]["annotations"]
        self.patched.append(self._clock.monotonic())

    def run(self, *_arguments: str, timeout_seconds: float) -> None:
        self.cleared.append(self._clock.monotonic())


def test_the_operator_is_made_to_look_every_other_second_and_later_every_twenty() -> None:
    clock = SkippingClock()
    asked = Asked(clock)
    site = SimpleNamespace(
        machine=SimpleNamespace(clock=clock),
        kubectl=asked,
        document=SimpleNamespace(namespace="postgres", cluster="postgres-cluster"),
    )
    cluster = Cluster(item={"status": {"currentPrimary": "postgres-cluster-1"}})
    nudge = Nudge(cast(Site, site))
    for _ in range(120):
        nudge(Observation(cluster=cluster, state=None, record=record()))
        clock.sleep(1)

    soon = [at for at in asked.patched if at < SOON_UNTIL_SECONDS]
    later = [at for at in asked.patched if at >= SOON_UNTIL_SECONDS]
    assert _pauses(soon) == {SOON_SECONDS}
    assert _pauses(later) == {EVERY_SECONDS}
    assert _pauses(asked.cleared) == {EVERY_SECONDS}


def _pauses(moments: list[float]) -> set[float]:
    return {round(later - earlier) for earlier, later in pairwise(moments)}
