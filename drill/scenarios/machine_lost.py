"""The machine of the primary instance loses its power, and gets it back later."""

from drill.scenarios.in_site import lose_the_writer
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage

GAP_SECONDS = 60.0
"""The aim is 30 s, for machines with processors of their own: see `instance_deleted.py`."""


def act(stage: Stage) -> Measured:
    """Power the machine off in the middle of traffic, and on once another instance writes."""
    site = stage.twin.sites["primary"]
    pod = site.objects.get("Pod", stage.status("primary")["currentPrimary"])
    machine = str(pod["spec"]["nodeName"]) if pod else ""
    expect(machine, "the primary instance runs on a machine")
    return lose_the_writer(
        stage,
        lose=lambda _: site.power_off(machine),
        give_back=lambda: site.power_on(machine),
    )


SCENARIO = Scenario(
    name="machine-lost",
    sentence="When the primary instance's machine loses its power, a standby of the same site "
    "takes over; an application waits {bound} at most and loses no row.",
    act=act,
    bound=lambda _: GAP_SECONDS,
    needs=frozenset({"failover inside a site", "power of a machine"}),
)
