"""A machine of a database instance loses its power for good; a blank one gets its data volume."""

from drill.scenarios.in_site import TAKEN_OVER_SECONDS, is_whole
from drill.scenarios.machine_lost import await_names, machine_of_the_leader
from drill.scenarios.place import Place, place
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage
from drill.traffic.verifier import Comparison

BACK_SECONDS = 600.0
"""A machine that boots for the first time takes minutes on two busy processors."""


def act(stage: Stage) -> Measured:
    """Cut the power of the leader's machine, and follow the runbook of a machine that is gone."""
    site = stage.twin.sites["primary"]
    leader, machine = stage.leader("primary"), machine_of_the_leader(stage)
    before = place(stage, "primary", leader)
    await_names(stage, machine)
    with stage.writer() as writer:
        stage.wait_for_rows(writer, 20)
        site.power_off(machine)
        stage.wait(
            lambda: (stage.status("primary").get("currentPrimary") or leader) != leader,
            TAKEN_OVER_SECONDS,
            f"another instance than {leader} to lead",
        )
        stage.wait_for_rows(writer, writer.acknowledgements.count + 20, TAKEN_OVER_SECONDS)
        stage.twin.pgtwin("replace", "--site", "primary", "--machine", machine, "--lost")
        stage.twin.ground.redeploy()
        back = stage.wait(lambda: is_whole(stage), BACK_SECONDS, "every instance to be ready")
        stage.wait_for_rows(writer, writer.acknowledgements.count + 20)
    after = place(stage, "primary", leader)
    return replaced(before, after, back, stage.compare(writer, "primary"))


def replaced(before: Place, after: Place, seconds: float, comparison: Comparison) -> Measured:
    """What was measured, where only the machine is another.

    Raises:
        Broken: where the instance lives elsewhere, or on other data.
    """
    expect(after.machine == before.machine, f"back on {before.machine}, not on {after.machine}")
    expect(after.address != before.address, f"another machine than the one at {before.address}")
    expect(after.claim == before.claim, "the data that it had, no clone")
    expect(after.cluster == before.cluster, "an API that has forgotten nothing")
    return Measured(
        seconds=seconds,
        lost=len(comparison.lost),
        phantom=len(comparison.phantom),
        details={"machine": after.machine, "was": before.address, "is": after.address},
    )


SCENARIO = Scenario(
    name="machine-replaced",
    sentence="A machine of the primary that is gone for good is replaced by a blank one: `pgtwin "
    "replace --lost` and a deployment. Its instance is back on the data volume that it had within "
    "{bound} of the deployment, without a clone, and no row is lost.",
    act=act,
    bound=lambda _: BACK_SECONDS,
    needs=frozenset(
        {"failover inside a site", "power of a machine", "replacement of a machine"},
    ),
)
