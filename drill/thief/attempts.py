"""Everything that a thief tries, in the order of the harm: the table of docs/security.md.

`may` names whose work an attempt is. A role that can do it for its work can do it in a thief's
hands too, which is why it stands here: what is not named has to be refused.
"""

from collections.abc import Iterator

from drill.thief.attempt import Attempt
from drill.thief.attempts_on_backups import on_backups
from drill.thief.attempts_on_control import on_control
from drill.thief.attempts_on_machines import on_machines
from drill.thief.attempts_on_secrets import on_secrets
from drill.thief.holders import Holders
from topology.site import SITES
from topology.topology import Topology


def attempts(topology: Topology) -> Iterator[Attempt]:
    """Every attempt on each site."""
    for part in (on_backups, on_secrets, on_control, on_machines):
        for site in SITES:
            yield from part(site, Holders(topology))
