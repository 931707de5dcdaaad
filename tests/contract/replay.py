"""A recording played on the simulated operator: the same is asked of it in the same states."""

from collections.abc import Iterator
from typing import Any

from drill.kubernetes.objects.merge_patch import merge_patch
from drill.operator.behaviour.look import look
from drill.operator.behaviour.seen import PAUSED, Asked
from drill.operator.behaviour.simulation import Simulation
from drill.operator.behaviour.step import Fence, Show
from drill.operator.behaviour.write import fence_patch, status_patch
from drill.rig.recorder import Observed, digests
from tests.contract.normal_form import Input, Recording, State, normalised

LOOKS = 40
"""More than any change takes on the double."""


class Replay:
    """One site of the double, recorded as the rig records a real one."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        first = recording.of("cluster")[0]
        self._item = _as_recorded(first)
        self._observed: list[Observed] = []
        self._began_on = self._item["status"].get("timelineID", 1)
        self._simulation = Simulation(
            judge=self._judge, token=lambda n: f"stopped on {n}", timeline=self._began_on
        )
        asked = Asked.of(self._item)
        current = self._item["status"].get("currentPrimary")
        for number in range(1, self._item["status"].get("instances", 0) + 1):
            name = f"{asked.cluster}-{number}"
            self._simulation.run_already(
                name, is_standby=asked.follows or name != current, asked=asked
            )
        self._observe()
        self._observe_instances()

    def play(self) -> list[State | Input]:
        """What the double showed, as far as it kept to the recording."""
        for position, then in enumerate(self._recording.sequence):
            if isinstance(then, Input):
                self._undergo(then)
                continue
            self._ask(then)
            if not self._reaches(position, then):
                return self.sequence
        if not self._recording.cut:
            self._look(LOOKS)
        return self.sequence

    @property
    def sequence(self) -> list[State | Input]:
        """What it showed so far, in normal form."""
        return normalised(digests(self._observed))

    @property
    def lines(self) -> Iterator[dict[str, Any]]:
        """What it showed so far."""
        return digests(self._observed)

    def _judge(self, token: str, timeline: int) -> Any:
        return "valid" if timeline == self._began_on else "refused"

    def _undergo(self, done: Input) -> None:
        self._observe("input", "", {"what": done.what})
        what, _, name = done.what.rpartition(" ")
        if done.what == "fence":
            self._item = merge_patch(self._item, fence_patch(Fence(up=True)))
            self._observe()
        elif done.what == "raise max_connections":
            self._simulation.settings_generation += 1
        elif what == "return machine of":
            self._simulation.instance(name).pod = "there"
        else:
            self._simulation.lose_pod(name, "gone" if what == "delete pod" else "lost")

    def _ask(self, then: State) -> None:
        asked = Asked.of(self._item)
        wanted = (then.follows, then.token, then.paused)
        if wanted == (asked.follows, asked.token, asked.paused):
            return
        primary = "another" if then.follows else asked.cluster
        patch = {
            "metadata": {"annotations": {PAUSED: "disabled" if then.paused else None}},
            "spec": {"replica": {"primary": primary, "promotionToken": then.token}},
        }
        self._item = merge_patch(self._item, patch)
        self._observe()

    def _reaches(self, position: int, then: State) -> bool:
        for _ in range(LOOKS):
            if self.sequence[position : position + 1] == [then]:
                return True
            self._look()
        return False

    def _look(self, times: int = 1) -> None:
        for _ in range(times):
            look(self._simulation, self._item, self._write)
            self._observe_instances()

    def _write(self, step: Show | Fence) -> None:
        if isinstance(step, Fence):
            patch = fence_patch(step)
        else:
            patch = {"status": status_patch(step, self._item["status"])}
        self._item = merge_patch(self._item, patch)
        self._observe()

    def _observe(self, kind: str = "cluster", name: str = "", value: Any = None) -> None:
        name = name or self._item["metadata"]["name"]
        value = self._item if value is None else value
        self._observed.append(
            Observed(seconds=len(self._observed), kind=kind, name=name, value=value)
        )

    def _observe_instances(self) -> None:
        for each in self._simulation.instances:
            row: dict[str, Any] = {"error": "does not answer"}
            if each.answers:
                row = {
                    "in_recovery": each.is_standby,
                    "timeline": self._simulation.timeline,
                    "started": each.starts,
                    "synchronous_standbys": 0
                    if each.is_standby
                    else self._simulation.synchronous_standbys,
                }
            self._observe("sql", each.name, row)


def _as_recorded(digest: Any) -> dict[str, Any]:
    """The Cluster of a digest."""
    fields = ("phase", "currentPrimary", "targetPrimary", "instances", "readyInstances")
    more = ("timelineID", "demotionToken")
    conditions = [
        {"type": kind, "status": text.split()[0], "reason": text.split()[1]}
        for kind, text in digest["conditions"].items()
    ]
    return {
        "metadata": {"name": digest["name"], "annotations": digest["annotations"]},
        "spec": {
            "instances": _instances(digest),
            "replica": {"self": digest["name"], **digest["replica"]},
        },
        "status": {
            **{key: digest[key] for key in (*fields, *more) if key in digest},
            "conditions": conditions,
        },
    }


def _instances(digest: Any) -> int:
    return int(digest.get("instances", 3))
