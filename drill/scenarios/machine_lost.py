"""The machine of the primary instance loses its power, and gets it back later."""

from collections.abc import Mapping

from drill.ground_site import NoAnswer, Objects
from drill.scenarios.in_site import lose_the_writer
from drill.scenarios.name_servers import name_servers
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage

GAP_SECONDS = 60.0
"""Twice the aim, which is for machines with processors of their own: see `instance_deleted.py`."""
RESOLVED_SECONDS = 30.0
"""A CoreDNS that runs may miss three probes of 2 s on a busy machine."""


def act(stage: Stage) -> Measured:
    """Power the machine off in the middle of traffic, and on once another instance writes."""
    site = stage.twin.sites["primary"]
    machine = machine_of_the_leader(stage)
    await_names(stage, machine)

    def give_back() -> None:
        try:
            await_names(stage, machine)
        finally:
            site.power_on(machine)

    return lose_the_writer(stage, lose=lambda _: site.power_off(machine), give_back=give_back)


def await_names(stage: Stage, machine: str) -> None:
    """Names are resolved without this machine.

    Raises:
        Broken: when no other machine has a CoreDNS.
        TimeoutError: when none there is ready.
    """
    objects = stage.twin.sites["primary"].objects
    expect(_others(objects, machine), f"CoreDNS runs on other machines than {machine} too")
    stage.wait(
        lambda: any(_others(objects, machine).values()),
        RESOLVED_SECONDS,
        f"CoreDNS on another machine than {machine}",
    )


def _others(objects: Objects, machine: str) -> Mapping[str, bool]:
    return {each: ready for each, ready in name_servers(objects).items() if each != machine}


def machine_of_the_leader(stage: Stage) -> str:
    """The machine of the instance that leads.

    Raises:
        NoAnswer: when it is not seen.
    """
    leader = stage.leader("primary")
    pod = stage.twin.sites["primary"].objects.get("Pod", leader)
    if not pod or not (machine := pod["spec"].get("nodeName")):
        raise NoAnswer(f"the machine of {leader} is not seen")
    return str(machine)


SCENARIO = Scenario(
    name="machine-lost",
    sentence="When the primary instance's machine loses its power, a standby of the same site "
    "takes over, names are resolved on other machines meanwhile, and an application waits {bound} "
    "at most and loses no row.",
    act=act,
    bound=lambda _: GAP_SECONDS,
    needs=frozenset({"failover inside a site", "power of a machine"}),
)
