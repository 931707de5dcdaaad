"""A round of the guard on a server: what it reads, in which order, and what it patches."""

import json
from argparse import Namespace
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from host.errors import Failed
from host.evidence.other_region import other_region_status
from host.evidence.status_document import OtherRegionStatus
from host.kubernetes.cluster import ALL_INSTANCES, COVERED_UNTIL, DEGRADED_SINCE, FENCED, KIND
from host.kubernetes.kubectl_failed import KubectlFailed
from host.machine.machine import Result
from host.site import Site
from host.verbs import hold
from host.writer import region_keeper
from host.writer.region_guard import HOLD_SECONDS, Step
from host.writer.region_keeper import RegionKeeper
from tests.host.decisions.examples import document, live
from tests.host.decisions.test_host_standby_list import LOCAL, THREE

BEGAN = datetime(2026, 11, 27, 3, 12, tzinfo=UTC)
HERE = {"streaming": True, "sync_state": "sync", "flushed": 900, "connections": 1}


@dataclass
class Server:
    """kubectl, the clock and CloudWatch of one server, with all that they were asked in order."""

    section: dict[str, Any] | None = field(default_factory=lambda: dict(THREE))
    region: dict[str, Any] | None = field(default_factory=lambda: dict(HERE))
    annotations: dict[str, Any] = field(default_factory=dict)
    writer: bool = True
    answers: bool = True
    version: int = 7
    conflicts: int = 0
    seconds: float = 0.0
    done: list[str] = field(default_factory=list)
    metrics: Any = None

    @property
    def site(self) -> Site:
        machine = SimpleNamespace(clock=self, aws=SimpleNamespace(client=lambda *_, **__: self))
        asked = replace(document(), replication="synchronous", rpo_seconds=60)
        return cast("Site", SimpleNamespace(kubectl=self, document=asked, machine=machine))

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.seconds)

    def put_metric_data(self, **_: Any) -> None:
        self.done.append("alarm")
        if self.metrics is not None:
            self.metrics()

    def get(self, kind: str, name: str, *_: str) -> dict[str, Any] | None:
        if kind != KIND:
            return {"metadata": {"name": name}}
        item = live(writer=self.writer, instances=3, postgresql={"synchronous": self.section}).item
        item["metadata"]["annotations"] = dict(self.annotations)
        item["metadata"]["resourceVersion"] = str(self.version)
        return item

    def run(self, *argv: str, stdin: str = "", timeout_seconds: float = 0) -> Result:
        assert "application_name = 'site-dr'" in stdin
        if not self.answers:
            return Result(exit_code=1, stdout="", stderr="error: timed out")
        found = {"written": 900, "region": self.region, "at_rest": True}
        return Result(exit_code=0, stdout=json.dumps(found), stderr="")

    def patch(self, _kind: str, _namespace: str, _name: str, merge: dict[str, Any]) -> None:
        if self.conflicts:
            self.conflicts -= 1
            raise KubectlFailed("patch", "Error from server (Conflict): it has changed")
        assert merge["metadata"].pop("resourceVersion") == str(self.version)
        self.version += 1
        self.annotations |= merge["metadata"].get("annotations", {})
        self.annotations = {key: value for key, value in self.annotations.items() if value}
        if "spec" in merge:
            self.done.append("list")
            patch = merge["spec"]["postgresql"]["synchronous"]
            both = {**(self.section or {}), **(patch or {})}
            self.section = {key: value for key, value in both.items() if value is not None}
        else:
            self.done.append("note")

    def rounds(self, keeper: RegionKeeper, times: int) -> list[Step]:
        steps: list[Step] = []
        for _ in range(times):
            steps.append(hold.hold(self.site, keeper))
            self.seconds += 5.0
        return steps


def test_the_note_and_then_the_alarm_come_before_commits_are_let_go() -> None:
    server = Server(region=None)

    server.rounds(RegionKeeper(), 10)

    assert server.done == ["note", "alarm", "list"]
    assert server.annotations == {
        DEGRADED_SINCE: at(10),
        COVERED_UNTIL: at(10),
    }, "the region has what was acknowledged when nobody had written anything down"
    assert server.section == LOCAL


def test_a_guard_that_was_restarted_holds_commits_when_the_first_would_have() -> None:
    server = Server(region=None)
    server.rounds(RegionKeeper(), 4)
    assert server.section == LOCAL

    while server.section == LOCAL:
        began = server.seconds
        server.rounds(RegionKeeper(), 1)

    assert began == 10 + 60 - HOLD_SECONDS
    assert server.section == THREE


@pytest.mark.parametrize("seconds", [0, 50, 3600])
def test_the_status_tells_when_commits_are_held_again_and_that_they_are(seconds: int) -> None:
    server = Server(region=None)
    server.rounds(RegionKeeper(), 4)
    server.rounds(RegionKeeper(), seconds // 5)

    found = other_region_status(server.site, live())

    assert found == OtherRegionStatus(
        now="held" if seconds else "degraded", degraded_since=at(10), until=at(10 + 60)
    )


def at(seconds: float) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat(timespec="seconds")


def test_an_alarm_that_cannot_be_raised_keeps_nobody_waiting() -> None:
    def fails() -> None:
        raise Failed("no CloudWatch")

    server = Server(region=None, metrics=fails)

    server.rounds(RegionKeeper(), 10)

    assert server.section == LOCAL


def test_a_region_that_is_back_is_put_on_the_list_and_the_note_goes_last() -> None:
    server = Server(section=dict(LOCAL), annotations={DEGRADED_SINCE: "then"})
    server.region = {**HERE, "sync_state": "async"}
    keeper = RegionKeeper()
    server.rounds(keeper, 8)
    assert server.section == THREE
    assert server.annotations == {DEGRADED_SINCE: "then"}

    server.region = HERE
    server.rounds(keeper, 3)

    assert server.annotations == {}
    assert server.done == ["list", "note"]


def test_a_cluster_that_changed_since_it_was_read_is_looked_at_again() -> None:
    server = Server(section=dict(LOCAL))

    keeper = RegionKeeper()
    server.conflicts = 1
    assert server.rounds(keeper, 1) == ["hold"]
    assert server.rounds(keeper, 1) == ["write down"]


@pytest.mark.parametrize(
    "elsewhere",
    [{"writer": False}, {"annotations": {FENCED: ALL_INSTANCES}}],
    ids=["a replica", "stopped"],
)
def test_where_nobody_writes_here_nothing_is_done_and_what_was_seen_is_forgotten(
    elsewhere: dict[str, Any],
) -> None:
    server, keeper = Server(region=None), RegionKeeper()
    server.rounds(keeper, 2)
    before = {name: getattr(server, name) for name in elsewhere}
    for name, value in elsewhere.items():
        setattr(server, name, value)
    server.rounds(keeper, 10)
    for name, value in before.items():
        setattr(server, name, value)

    assert server.rounds(keeper, 2) == ["hold"] * 2
    assert server.done == []


def test_a_postgresql_that_does_not_answer_lets_nobody_go() -> None:
    server = Server(answers=False)

    assert set(server.rounds(RegionKeeper(), 20)) == {"hold"}


@pytest.mark.parametrize("note", [{}, {DEGRADED_SINCE: "then"}], ids=["kept", "degraded"])
def test_another_mode_that_is_deployed_takes_the_promise_back(note: dict[str, Any]) -> None:
    server = Server(annotations=note)
    changed = in_another_mode(server)

    region_keeper.release(server.site)
    assert server.section == THREE, "this mode is configured"

    for _ in range(2):
        region_keeper.release(changed)
        assert server.section == LOCAL
        assert server.annotations == {}
    assert server.done == ["list"]


def test_a_watch_decides_by_one_bundle_and_ends_when_another_is_current(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server(section=dict(LOCAL), region=None)
    sites = [SimpleNamespace(**vars(server.site), bundle=name) for name in "aaaab"]
    monkeypatch.setattr(Site, "current", lambda _: sites.pop(0))
    machine = server.site.machine

    assert hold.run(machine, Namespace(watch=True)) == {"step": None}

    assert server.seconds == 3 * hold.EVERY_SECONDS
    assert server.done == ["note"]


def in_another_mode(server: Server) -> Site:
    site = server.site
    streaming = replace(site.document, replication="streaming")
    found = SimpleNamespace(kubectl=server, document=streaming, machine=site.machine)
    return cast("Site", found)


def test_in_another_mode_the_region_is_taken_off_once_and_then_nothing_is_asked() -> None:
    """A server that had the older bundle may have put it back after `apply` took it off."""
    server, keeper = Server(), RegionKeeper()
    server.conflicts = 1

    hold.hold(in_another_mode(server), keeper)
    assert server.section == THREE, "somebody else changed the Cluster"
    hold.hold(in_another_mode(server), keeper)
    assert server.section == LOCAL

    nothing = cast("Site", SimpleNamespace(document=document()))
    assert hold.hold(nothing, keeper) == "hold"
