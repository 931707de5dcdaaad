"""The mode of replication that a drill deploys, written into a copy of the user's configuration."""

from typing import Any

from topology.rpo import LEAST_SECONDS
from topology.topology import Replication, Topology

RPO = f"{LEAST_SECONDS}s"
"""Where neither file nor user says one: a drill has minutes, and sees commits wait and go on."""


def write(document: dict[str, Any], replication: Replication | None, rpo: str | None) -> None:
    """Let the document of a configuration say these instead of its own; None leaves its own.

    Only a mode whose commits wait has an `rpo`; one that was asked for with another mode stands
    there too, and is refused by its own rule.
    """
    default = Topology.model_fields["replication"].default
    document["replication"] = replication or document.get("replication", default)
    own = document.pop("rpo", None)
    if document["replication"] == "synchronous":
        document["rpo"] = next(each for each in (rpo, own, RPO) if each is not None)
    elif rpo is not None:
        document["rpo"] = rpo


def sentences(asked: Topology, deployed: Topology) -> tuple[str, ...]:
    """Where the mode is another than the configuration's."""
    both = (
        ("replication", asked.replication, deployed.replication),
        ("rpo", asked.rpo, deployed.rpo),
    )
    return tuple(
        f"{field} is {new} instead of {old or 'not given'}, as the drill was told"
        for field, old, new in both
        if new not in (None, old)
    )
