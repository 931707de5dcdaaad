"""When an instance manager asks the operator for a restart: instances without PostgreSQL.

The rule is that of the real one's source; what comes of it in a promotion is compared with the
recordings (`test_recorded_sequences.py`).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from drill.operator import role_change
from drill.operator.behaviour.phases import APPLYING
from drill.operator.behaviour.seen import Asked
from drill.operator.behaviour.step import Do, Show
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.configuration import Part
from drill.operator.delays import DELAYS
from drill.operator.instance_managers import InstanceManagers
from drill.operator.local_sql import Report
from drill.operator.upstream import Upstream

LEADS = {"currentPrimary": "c-1"}


@dataclass
class Instance:
    """Runs, and needs a restart as soon as its archive_mode is another."""

    name: str
    is_standby: bool
    initialised: bool = True
    running: bool = True
    port: int = 5432
    directory: Path = Path("/nowhere")
    written: list[tuple[dict[str, Any], Part]] = field(default_factory=list)
    runs_with: str = ""

    def configure(self, spec: ClusterSpec, part: Part) -> bool:
        self.runs_with = self.runs_with or part.archive_mode
        written = (dict(spec.parameters), part)
        changed = self.written[-1:] != [written]
        self.written.append(written)
        return changed

    def report(self) -> Report:
        needs = self.written[-1][1].archive_mode != self.runs_with
        return Report(
            in_recovery=self.is_standby, needs_restart=needs, timeline=None, archives=True
        )

    def reload(self) -> None: ...

    def stop(self, **_: float) -> None: ...


def item(instances: int, *, writer: bool, **parameters: str) -> dict[str, Any]:
    primary = "c" if writer else "there"
    external = [
        {"name": each, "plugin": {"parameters": {"barmanObjectName": "store", "serverName": each}}}
        for each in ("c", "there")
    ]
    return {
        "metadata": {"name": "c", "namespace": "n"},
        "spec": {
            "instances": instances,
            "postgresql": {"parameters": parameters},
            "externalClusters": external,
            "replica": {"self": "c", "primary": primary, "source": "there"},
        },
    }


def managers(instances: int) -> InstanceManagers:
    """Of a replica of another cluster whose instances all run."""
    made = InstanceManagers(
        lambda name: cast("Any", Instance(name=name, is_standby=True)),
        sockets=Path("/nowhere"),
        upstream=cast("Upstream", type("Nobody", (), {"conninfo": None})),
    )
    keep(made, item(instances, writer=False))
    return made


def keep(made: InstanceManagers, cluster: dict[str, Any]) -> bool:
    """One look; whether a restart was asked for, which the operator then shows."""
    spec = ClusterSpec.read(cluster, {"store": {"spec": {}}})
    made.keep(spec, LEADS)
    asked = made.seen(Asked.of(cluster), LEADS).signalled
    made.shown(Show(status={"phase": APPLYING}))
    return asked


@pytest.fixture(autouse=True)
def promoted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is promoted is no standby any more."""
    monkeypatch.setattr(role_change, "promote", lambda each: setattr(each, "is_standby", False))


def test_a_restart_is_asked_for_once_per_configuration() -> None:
    made, writer = managers(3), item(3, writer=True)

    assert keep(made, writer)
    assert not keep(made, writer)
    assert keep(made, item(3, writer=True, work_mem="8MB")), "each reload looks again"
    assert not keep(made, item(3, writer=True, work_mem="8MB"))


def test_a_configuration_that_needs_no_restart_asks_for_none() -> None:
    made = managers(3)

    assert not keep(made, item(3, writer=False, work_mem="8MB"))


def test_a_primary_leaves_it_to_its_standbys_and_asks_itself_where_it_has_none() -> None:
    assert not keep(managers(1), item(1, writer=True)), "it still is a standby"

    alone = managers(1)
    promote(alone, 1)
    assert keep(alone, item(1, writer=True))


def test_standbys_ask_again_after_a_promotion_and_when_they_follow_it() -> None:
    made, writer = managers(3), item(3, writer=True)
    assert keep(made, writer)

    promote(made, 3)
    asked = [keep(made, writer) for _ in range(DELAYS.attach_looks + 2)]

    assert asked[0]
    assert asked.count(True) == 2, "for the promotion, and for whom to follow"
    assert not asked[-1]


def promote(made: InstanceManagers, instances: int) -> None:
    spec = ClusterSpec.read(item(instances, writer=True), {"store": {"spec": {}}})
    made.obey(Do(order="promote", instance="c-1"), spec, LEADS)
