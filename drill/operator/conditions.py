"""The conditions of a status, in Kubernetes' shape."""

from collections.abc import Sequence

from drill.kubernetes.moment import now


class Conditions:
    """A list of conditions in which each type occurs once and remembers when it changed."""

    def __init__(self, before: Sequence[dict[str, str]] = ()) -> None:
        self._by_type = {condition["type"]: condition for condition in before}

    @property
    def list(self) -> list[dict[str, str]]:
        """As it stands in a status."""
        return list(self._by_type.values())

    def set(
        self, kind: str, holds: bool, reason: str, otherwise: str, *, message: str = ""
    ) -> None:
        """Say whether a condition holds, with the reason for either case."""
        status = "True" if holds else "False"
        if self._by_type.get(kind, {}).get("status") == status:
            return
        self._by_type[kind] = {
            "type": kind,
            "status": status,
            "reason": reason if holds else otherwise,
            "message": message,
            "lastTransitionTime": now(),
        }


def archiving(before: Sequence[dict[str, str]] | None, works: bool) -> list[dict[str, str]]:
    """The conditions of a Cluster, with what the last attempt to archive came to."""
    conditions = Conditions(before or ())
    name = "ContinuousArchiving"
    conditions.set(name, works, f"{name}Success", f"{name}Failing")
    return conditions.list
