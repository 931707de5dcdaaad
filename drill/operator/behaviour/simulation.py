"""Instances without PostgreSQL: what becomes of them under the operator's orders, in ticks.

A tick stands for the seconds between two looks of the operator. What a probe or a pod really takes
is in the recordings; here only the order is kept: a restart in place is over before the probe
notices it, the standbys of a demoted cluster are away for longer than that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from drill.operator.behaviour.phases import APPLYING, RESTARTED
from drill.operator.behaviour.seen import (
    CLEAR,
    Asked,
    Instance,
    Obstacles,
    PodState,
    Seen,
    Verdict,
)
from drill.operator.behaviour.simulated_instance import Settings, SimulatedInstance
from drill.operator.behaviour.step import Do, Show

START = 3
RESTART = 4
ATTACH = 4
"""A standby that finds the new timeline of its promoted primary."""
POD = 4
"""A pod that is made again, up to its first answer."""
CONSISTENT = 10
"""A standby of a demoted cluster does not answer before it has fetched what it misses."""

Status = Mapping[str, Any]


@dataclass(kw_only=True)
class Simulation:
    """The instances of one cluster."""

    judge: Callable[[str, int], Verdict]
    """A promotion token on the timeline of the primary."""
    token: Callable[[int], str]
    """The demotion token of a cluster that was stopped on a timeline."""
    timeline: int = 1
    settings_generation: int = 0
    instances: list[SimulatedInstance] = field(default_factory=list)
    signalled: bool = False
    restarted: bool = False
    obstacles: Obstacles = CLEAR

    def instance(self, name: str) -> SimulatedInstance:
        """The instance of that name."""
        return next(each for each in self.instances if each.name == name)

    def named(self, name: str) -> SimulatedInstance | None:
        """The instance of that name, if it exists."""
        return next((each for each in self.instances if each.name == name), None)

    def primary(self, status: Status) -> SimulatedInstance | None:
        """The primary or designated primary, once it exists."""
        return self.named(status.get("currentPrimary") or "")

    @property
    def synchronous_standbys(self) -> int:
        """How many standbys a commit may count on; without one `required` durability holds it."""
        return sum(each.attached for each in self.instances)

    def look(self, asked: Asked, status: Status) -> Seen:
        """Let one tick pass under a Cluster as it stands; what the operator then finds."""
        primary = self.primary(status)
        for each in self.instances:
            self._run(each, asked, status, leads=each is primary)
            each.attach()
            each.probe()
            self._notice(each, asked, leads=each is primary)
        writes = primary is not None and primary.answers and not primary.is_standby
        return Seen(
            asked=asked,
            status=status,
            instances=tuple(self._report(each, asked, each is primary) for each in self.instances),
            timeline=self.timeline if writes else None,
            verdict=self.judge(asked.token, self.timeline) if asked.token else "not yet",
            stopped_at=self._stopped_at(asked, primary),
            signalled=self.signalled,
            restarted=self.restarted,
            obstacles=self.obstacles,
        )

    def shown(self, show: Show) -> None:
        """What the status now tells is told once."""
        self.signalled = self.signalled and show.status.get("phase") != APPLYING
        self.restarted = self.restarted and show.status.get("phaseReason") != RESTARTED

    def obey(self, do: Do, asked: Asked) -> None:
        """What the operator orders."""
        if do.order in ("bootstrap", "join"):
            self._add(do.instance, is_standby=asked.follows or do.order == "join")
            return
        instance = self.instance(do.instance)
        if do.order == "promote":
            instance.is_standby = False
            self.timeline += 1
            for each in self.instances:
                each.attaches_in = ATTACH
        elif do.order == "recreate":
            self.lose_pod(do.instance)
        else:
            instance.restarting = True
            instance.stop(starts_in=RESTART)

    def lose_pod(self, name: str, pod: PodState = "gone") -> None:
        """A pod is deleted, or its machine is lost."""
        instance = self.instance(name)
        instance.pod, instance.ready = pod, False
        instance.stop(starts_in=POD)

    def run_already(self, name: str, *, is_standby: bool, asked: Asked) -> None:
        """Add an instance that was started before, as the Cluster stands."""
        instance = SimulatedInstance(name=name, is_standby=is_standby, answers=True, ready=True)
        self.instances.append(instance)
        instance.runs_with = self._settings(instance, asked, leads=False)

    def _add(self, name: str, *, is_standby: bool) -> None:
        instance = SimulatedInstance(name=name, is_standby=is_standby, starts_in=POD)
        self.instances.append(instance)

    def _run(
        self, instance: SimulatedInstance, asked: Asked, status: Status, *, leads: bool
    ) -> None:
        if asked.fenced:
            self._fence(instance, asked, leads=leads)
        elif not instance.answers and self._may_start(instance, asked, status, leads=leads):
            self._start(instance, asked, leads=leads)

    def _fence(self, instance: SimulatedInstance, asked: Asked, *, leads: bool) -> None:
        demotes = asked.follows and not leads
        instance.stop(starts_in=CONSISTENT + instance.number if demotes else START)
        if leads and asked.follows and not instance.is_standby:
            instance.is_standby = True

    def _stopped_at(self, asked: Asked, primary: SimulatedInstance | None) -> str | None:
        stopped = primary is not None and primary.is_standby and not primary.answers
        return self.token(self.timeline) if asked.fenced and stopped else None

    def _may_start(
        self, instance: SimulatedInstance, asked: Asked, status: Status, *, leads: bool
    ) -> bool:
        """A lost primary is not started again while another instance can take over; no pod is made
        while the operator is paused, or waits for a token to promote (cloudnative-pg v1.30.0
        internal/controller/cluster_controller.go:313, :431).
        """
        waits = asked.token is not None and asked.token != status.get("lastPromotionToken")
        if instance.pod == "gone" and (asked.paused or (waits and not asked.follows)):
            return False
        others = any(each.answers for each in self.instances if each is not instance)
        replaced = leads and instance.pod == "gone" and others and not asked.follows
        away = ("gone", "lost") if self.obstacles else ("lost",)
        return instance.pod not in away and not replaced

    def _start(self, instance: SimulatedInstance, asked: Asked, *, leads: bool) -> None:
        instance.starts_in -= 1
        if instance.starts_in > 0:
            return
        instance.pod, instance.answers = "there", True
        instance.starts += 1
        instance.is_standby = instance.is_standby or (not leads and len(self.instances) > 1)
        instance.runs_with = self._settings(instance, asked, leads=leads)
        self.restarted = self.restarted or instance.restarting
        instance.restarting = False

    def _notice(self, instance: SimulatedInstance, asked: Asked, *, leads: bool) -> None:
        wanted = self._settings(instance, asked, leads=leads)
        if not instance.answers or wanted in (instance.runs_with, instance.noticed):
            return
        instance.noticed = wanted
        # A primary with standbys leaves it to them (cloudnative-pg v1.30.0
        # internal/management/controller/instance_controller.go:1154).
        self.signalled = self.signalled or not leads or asked.instances == 1

    def _settings(self, instance: SimulatedInstance, asked: Asked, *, leads: bool) -> Settings:
        always = asked.follows or (leads and instance.is_standby)
        return Settings(
            archive_mode="always" if always else "on", generation=self.settings_generation
        )

    def _report(self, instance: SimulatedInstance, asked: Asked, leads: bool) -> Instance:
        wanted = self._settings(instance, asked, leads=leads)
        return Instance(
            name=instance.name,
            answers=instance.answers,
            ready=instance.ready,
            is_standby=instance.is_standby,
            needs_restart=instance.answers and instance.runs_with != wanted,
            pod=instance.pod,
        )
