"""The pod of the primary instance is deleted."""

from drill.scenarios.in_site import lose_the_writer
from drill.scenarios.scenario import Measured, Scenario
from drill.scenarios.stage import Stage

GAP_SECONDS = 30.0
"""The aim is 12 s, for machines with processors of their own. Where five machines share two cores,
each of the ten looks into the archive on the way takes several times as long
(docs/performance.md)."""


def act(stage: Stage) -> Measured:
    """Delete the pod; the operator makes it again by itself."""

    def lose(pod: str) -> None:
        stage.twin.sites["primary"].objects.delete("Pod", pod)

    return lose_the_writer(stage, lose=lose, give_back=lambda: None)


SCENARIO = Scenario(
    name="instance-deleted",
    sentence="When the primary instance is deleted, a standby of the same site takes over; an "
    "application waits {bound} at most and loses no row.",
    act=act,
    bound=lambda _: GAP_SECONDS,
    needs=frozenset({"failover inside a site"}),
)
