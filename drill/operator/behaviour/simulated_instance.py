"""One instance without PostgreSQL, in ticks of its simulation."""

from dataclasses import dataclass

from drill.operator.behaviour.seen import PodState

PROBE_FAILS = 5
"""Ticks without an answer before the kubelet calls it not ready; its number is added."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an instance has to be started with."""

    archive_mode: str
    generation: int
    """Counts changes of settings that need a restart."""


@dataclass(kw_only=True)
class SimulatedInstance:
    """One instance."""

    name: str
    is_standby: bool
    runs_with: Settings | None = None
    pod: PodState = "there"
    answers: bool = False
    ready: bool = False
    silent: int = 0
    """Ticks since it last answered."""
    starts_in: int = 0
    starts: int = 0
    attaches_in: int = 0
    """Ticks until it follows its primary."""
    restarting: bool = False
    noticed: Settings | None = None

    @property
    def number(self) -> int:
        """Its number in the cluster: probes and starts are not simultaneous."""
        return int(self.name.rpartition("-")[2])

    def stop(self, *, starts_in: int) -> None:
        """Stop PostgreSQL, to start again after so many ticks."""
        self.answers, self.starts_in = False, starts_in

    @property
    def attached(self) -> bool:
        """Whether a commit of its primary may count on it."""
        return self.answers and self.is_standby and self.attaches_in == 0

    def attach(self) -> None:
        """Come closer to following its primary."""
        self.attaches_in = max(0, self.attaches_in - 1) if self.answers else self.attaches_in

    def probe(self) -> None:
        """The kubelet looks whether it answers."""
        self.silent = 0 if self.answers else self.silent + 1
        if self.answers:
            self.ready = True
        elif self.silent >= PROBE_FAILS + self.number:
            self.ready = False
