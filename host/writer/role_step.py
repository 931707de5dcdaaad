"""What a change of the writer does next: the answers of the promotion and the demotion."""

from dataclasses import dataclass

from host.kubernetes.kubectl import Object


@dataclass(frozen=True, kw_only=True)
class Done:
    """Nothing is left to do."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """The operator is still working."""

    what: str


@dataclass(frozen=True, kw_only=True)
class Patch:
    """One merge patch of the Cluster, then look again."""

    why: str
    merge: Object


@dataclass(frozen=True, kw_only=True)
class Refuse:
    """A precondition does not hold.

    `merge` takes back what this command had asked for; None where it had asked for nothing.
    """

    why: str
    merge: Object | None = None


Step = Done | Wait | Patch | Refuse
