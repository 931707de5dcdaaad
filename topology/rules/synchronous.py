"""What has to be said, and to be there, before a commit may wait for the other region."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.refused import Problem
from topology.rpo import LEAST_SECONDS, MOST_SECONDS
from topology.site import LEAST_FOR_QUORUM

if TYPE_CHECKING:
    from topology.topology import Topology


_ON = ("on", "true", "yes", "1")
_ON_DISK = {"synchronous_commit": (*_ON, "remote_apply"), "fsync": _ON}
"""With any other value a commit returns before it is on the other region's disk, and nothing that
`status` can see of the list says so."""


def on_disk(topology: "Topology") -> Iterator[Problem]:
    """No commit of the default returns early; a session may still choose so for itself."""
    for name, _ in topology.sites():
        parameters = topology.parameters(name)
        for parameter, fit in _ON_DISK.items():
            found = parameters.get(parameter, "on")
            if topology.waits_for_the_other_region and found.lower() not in fit:
                yield Problem(
                    fields=("replication", f"{name}.parameters.{parameter}"),
                    allowed=f"on, with synchronous, not {found}: commits would not wait for the "
                    "other region's disk",
                )


def promised(topology: "Topology") -> Iterator[Problem]:
    """The promise is chosen, and never a default."""
    fields = ("replication", "rpo")
    if topology.waits_for_the_other_region and topology.rpo is None:
        yield Problem(
            fields=fields,
            allowed=f"with synchronous an rpo: 0, with which commits wait forever for a region "
            f"that is away, or {LEAST_SECONDS}s to {MOST_SECONDS}s, how much of them it may lack",
        )
    if not topology.waits_for_the_other_region and topology.rpo is not None:
        yield Problem(fields=fields, allowed="an rpo only with replication: synchronous")


def second_instance(topology: "Topology") -> Iterator[Problem]:
    """Of two, a commit either waits for the one that is lost, or the one that takes over lacks what
    the other region has, which then can never follow again.
    """
    for name, site in topology.sites():
        if topology.waits_for_the_other_region and 1 < site.instances < LEAST_FOR_QUORUM:
            yield Problem(
                fields=("replication", f"{name}.instances"),
                allowed=f"1, or at least {LEAST_FOR_QUORUM}, with synchronous, not "
                f"{site.instances}",
            )
