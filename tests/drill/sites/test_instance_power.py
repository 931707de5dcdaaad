"""Stopped in EC2 means switched off, started means switched on, and nothing else does."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from drill import instance_power
from drill.instance_power import InstancePower

SECONDS = 30.0


class Ec2:
    """Tells one state after the other, and the last one forever; counts how often it was asked."""

    def __init__(self, states: Sequence[str]) -> None:
        self._states = list(states)
        self.told = threading.Event()

    def describe_instances(self, **_: Any) -> dict[str, Any]:
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        if len(self._states) == 1:
            self.told.set()
        if state == "cut":
            raise ConnectionError(state)
        return {"Reservations": [{"Instances": [{"State": {"Name": state}}]}]}


@pytest.mark.parametrize(
    ("states", "switched"),
    [
        (["running", "running"], []),
        (["running", "stopping", "stopped", "running", "running"], ["off", "off", "on"]),
        (["running", "cut", "running", "running"], []),
        (["stopped", "cut", "running", "running"], ["off", "on"]),
    ],
    ids=["nothing happened", "stopped and started", "cut off", "started while cut off"],
)
def test_power_follows_the_state(
    monkeypatch: pytest.MonkeyPatch, states: list[str], switched: list[str]
) -> None:
    monkeypatch.setattr(instance_power, "WATCH_SECONDS", 0.01)
    seen: list[str] = []
    ec2 = Ec2(states)
    power = InstancePower(
        ec2=ec2,
        instances=["i-1"],
        off=lambda: seen.append("off"),
        on=lambda: seen.append("on"),
    )

    power.start()
    assert ec2.told.wait(SECONDS)
    power.stop()

    assert seen == switched
