"""Which machines a deployment replaces or stops: pure, over what runs and what is configured.

What always holds: one at a time. A second machine is not marked while the deployment would replace
another one as well, or while another one is not there at all. Only a machine that is named as dead,
beside one that is dead itself, is not waited for: neither could be replaced otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pgtwin.errors import PlanRefused
from topology.given import given
from topology.site import Site


@dataclass(frozen=True, kw_only=True)
class RunningMachine:
    """One EC2 instance of a site that is not terminated."""

    instance: str
    generation: int
    image: str
    instance_type: str
    zone: str
    works: bool
    """Whether EC2 has it running, or about to."""
    older: tuple[str, ...] = ()
    """Instances of the same node of an earlier generation, which are not terminated either."""


@dataclass(frozen=True, kw_only=True)
class Own:
    """What a machine is to have of its own; None leaves it as it is."""

    ami: str | None = None
    instance_type: str | None = None

    def is_had_by(self, machine: RunningMachine) -> bool:
        """Whether something was asked for, and a machine has all of it."""
        return (self.ami is not None or self.instance_type is not None) and (
            self.ami in (None, machine.image)
            and self.instance_type in (None, machine.instance_type)
        )


def interrupted(
    site: Site, zones: Mapping[str, str], running: Mapping[str, RunningMachine]
) -> tuple[str, ...]:
    """The nodes whose machine the next deployment replaces, or stops to give it another type.

    Without those that have no machine, and those that are none of the site: `zones` has where each
    node stands.
    """
    return tuple(
        node
        for node, machine in running.items()
        if node in zones
        and (ends(site, zones, node, machine) or machine.instance_type != site.type_of(node))
    )


def ends(site: Site, zones: Mapping[str, str], node: str, machine: RunningMachine) -> bool:
    """Whether the next deployment puts another instance in the place of this one."""
    return (
        machine.generation != site.generation(node)
        or machine.image != (site.image(node) or machine.image)
        or machine.zone != zones[node]
    )


def next_generation(
    site: Site,
    zones: Mapping[str, str],
    running: Mapping[str, RunningMachine],
    node: str,
    *,
    also_lost: tuple[str, ...] = (),
) -> int:
    """The generation that replaces the machine of `node`; the same again until it is deployed.

    Nobody waits for the machines of `also_lost`.

    Raises:
        PlanRefused: where another machine would be recreated with it, or is missing.
    """
    for each in (node, *also_lost):
        if each not in zones:
            raise PlanRefused(f"no machine {given(each)}: the site has {', '.join(zones)}")
    others = [each for each in interrupted(site, zones, running) if each != node]
    if others:
        raise PlanRefused(
            f"the next deployment replaces or stops {', '.join(others)} already; one machine "
            "at a time: run make deploy first, or take the change out of the configuration"
        )
    missing = [each for each in zones if each not in (node, *also_lost, *running)]
    if missing:
        raise PlanRefused(
            f"{', '.join(missing)} has no machine; one at a time: bring that one back first, or, "
            f"where {node} is dead as well, repeat with: --lost --also-lost {missing[0]}"
        )
    configured = site.generation(node)
    waiting = node in running and running[node].generation < configured
    return configured if waiting else configured + 1
