"""What the operator finds when it looks at a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from drill.kubernetes.admission.cluster import is_replica

FENCED = "cnpg.io/fencedInstances"
ALL_INSTANCES = '["*"]'
PAUSED = "cnpg.io/reconciliationLoop"
"""`disabled` there, and the operator leaves the Cluster alone (cloudnative-pg v1.30.0
pkg/utils/labels_annotations.go:165); the instance managers go on."""

PodState = Literal["there", "gone", "lost"]
"""`gone` was deleted and is made again, `lost` is on a machine that does not answer."""
Verdict = Literal["valid", "not yet", "refused"]


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One instance, as its instance manager and the kubelet report it."""

    name: str
    answers: bool
    """Whether PostgreSQL accepts connections."""
    ready: bool
    """What the kubelet's probe said last; it follows `answers` with a delay."""
    is_standby: bool
    """Whether its files make it a standby."""
    needs_restart: bool
    pod: PodState = "there"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a Cluster object asks for."""

    cluster: str
    instances: int
    follows: bool
    """Whether it is a replica of another cluster."""
    fenced: bool
    paused: bool
    token: str | None
    """`spec.replica.promotionToken`."""

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "Asked":
        """Read a Cluster object."""
        metadata, spec = item["metadata"], item["spec"]
        annotations = metadata.get("annotations") or {}
        return cls(
            cluster=metadata["name"],
            instances=spec.get("instances", 1),
            follows=is_replica(spec, metadata["name"]),
            fenced="*" in annotations.get(FENCED, ""),
            paused=annotations.get(PAUSED) == "disabled",
            token=(spec.get("replica") or {}).get("promotionToken"),
        )


@dataclass(frozen=True, kw_only=True)
class Obstacles:
    """What keeps the operator from the pods: one that is gone is not made again."""

    failed_jobs: tuple[str, ...] = ()
    """Jobs that were to make an instance (cloudnative-pg v1.30.0
    internal/controller/cluster_controller.go:853)."""
    claims_refused: bool = False
    """Whether a claim that was to grow may not."""

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.failed_jobs) or self.claims_refused


CLEAR = Obstacles()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A Cluster and its instances at one moment."""

    asked: Asked
    status: Mapping[str, Any]
    instances: tuple[Instance, ...]
    """Those that exist, by number."""
    timeline: int | None
    """The primary's, None while it is in recovery or does not answer."""
    verdict: Verdict = "not yet"
    """Of the token, by the primary's control file."""
    stopped_at: str | None = None
    """The demotion token of a primary that was stopped, archived to its end and made a standby."""
    signalled: bool = False
    """Whether an instance noticed since the last look that it needs a restart."""
    restarted: bool = False
    """Whether a restart of the primary in place ended since the last look."""
    obstacles: Obstacles = CLEAR

    @property
    def phase(self) -> str | None:
        """The phase that it shows."""
        return self.status.get("phase")

    @property
    def reason(self) -> str | None:
        """The reason beside the phase."""
        return self.status.get("phaseReason")

    @property
    def primary(self) -> Instance | None:
        """The primary or designated primary that the status names, if it exists."""
        named = self.status.get("currentPrimary")
        return next((each for each in self.instances if each.name == named), None)

    @property
    def standbys(self) -> tuple[Instance, ...]:
        """The other instances, by number."""
        return tuple(each for each in self.instances if each is not self.primary)

    @property
    def successor(self) -> Instance | None:
        """The standby that takes over if the primary is lost."""
        return next((each for each in self.standbys if each.ready and each.answers), None)

    @property
    def switching(self) -> bool:
        """Whether a demotion is under way."""
        return bool((self.status.get("switchReplicaClusterStatus") or {}).get("inProgress"))

    @property
    def unspent_token(self) -> str | None:
        """A token that has not promoted this cluster yet."""
        spent = self.asked.token == self.status.get("lastPromotionToken")
        return None if spent else self.asked.token

    @property
    def complete(self) -> bool:
        """Whether every wanted instance is ready."""
        return sum(each.ready for each in self.instances) == self.asked.instances
