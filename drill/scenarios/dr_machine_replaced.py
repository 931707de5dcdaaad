"""The only server of the DR site loses its power for good; a blank one gets its data volume."""

from drill.scenarios.machine_replaced import BACK_SECONDS, replaced
from drill.scenarios.place import place
from drill.scenarios.scenario import Measured, Scenario
from drill.scenarios.stage import Stage


def act(stage: Stage) -> Measured:
    """Cut its power while the primary writes, and follow the runbook of a machine that is gone."""
    site, machine = stage.twin.sites["dr"], stage.twin.topology.names.server_node(1)
    leader = stage.leader("dr")
    before = place(stage, "dr", leader)
    with stage.writer() as writer:
        stage.wait_for_rows(writer, 20)
        site.power_off(machine)
        stage.twin.pgtwin("replace", "--site", "dr", "--machine", machine, "--lost")
        stage.twin.ground.redeploy()
        newest = writer.acknowledgements.newest
        back = stage.wait(
            lambda: stage.newest("dr", writer) >= newest, BACK_SECONDS, "DR to follow again"
        )
    after = place(stage, "dr", leader)
    return replaced(before, after, back, stage.compare(writer, "primary"))


SCENARIO = Scenario(
    name="dr-machine-replaced",
    sentence="The only server of the DR site is gone for good and is replaced by a blank one: it "
    "returns with the datastore and the database that are on its data volume, and has every row "
    "of the writer again within {bound} of the deployment. The writer writes on meanwhile.",
    act=act,
    bound=lambda _: BACK_SECONDS,
    needs=frozenset({"power of a machine", "replacement of a machine"}),
)
