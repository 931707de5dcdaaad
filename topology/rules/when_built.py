"""What a system that stands may have, and what is not built again.

`make synth` alone asks this, and the loader does not: an operator's command must run on a system
that stands, whatever it was built with.
"""

from typing import TYPE_CHECKING

from topology.refused import Refused
from topology.rules.dumps import connections_of_dumps
from topology.rules.postgres import either_way
from topology.rules.time_outs import time_outs_of_backups
from topology.rules.verification import verification

if TYPE_CHECKING:
    from topology.topology import Topology


def refuse_to_build(topology: "Topology") -> None:
    """Refuse what would fail on a day after the deployment.

    Raises:
        Refused: with a problem for each site.
    """
    rules = (either_way, verification, time_outs_of_backups, connections_of_dumps)
    found = tuple(problem for rule in rules for problem in rule(topology))
    if found:
        raise Refused(found)
