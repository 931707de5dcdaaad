"""Against deletion by mistake: of a site's stack, and of its machines.

What always holds: only a stack whose last operation ended well is protected. A machine that refuses
termination would end the rollback of its own creation in ROLLBACK_FAILED, and the CDK CLI deletes a
stack that failed before it recreates it.
"""

from functools import partial
from typing import Any

from pgtwin.aws.clients import Clients
from pgtwin.aws.running_machines import protect_machine, running_machines
from pgtwin.errors import SiteRefused
from topology.names import Names
from topology.site import SiteName

_ENDED_WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


def protect(clients: Clients, names: Names, site: SiteName, *, protected: bool) -> tuple[str, ...]:
    """Protect a site's stack and machines, or lift that; what was told so, nothing without a stack.

    Raises:
        SiteRefused: where the stack has not become what it was to be; nothing was changed.
    """
    stack = names.stack(site)
    status = clients.ask("cloudformation", f"look at {stack}", partial(_status, stack))
    if status is None:
        return ()
    if protected and status not in _ENDED_WELL:
        raise SiteRefused(f"{stack} is {status}: only a site that was deployed is protected")
    clients.ask(
        "cloudformation",
        f"protect {stack}",
        lambda cloudformation: cloudformation.update_termination_protection(
            StackName=stack, EnableTerminationProtection=protected
        ),
    )
    machines = running_machines(clients, names, site)
    for machine in machines.values():
        protect_machine(clients, machine.instance, protected=protected)
    return (stack, *machines)


def _status(stack: str, cloudformation: Any) -> str | None:
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    found = (each for page in pages for each in page["Stacks"] if each["StackName"] == stack)
    return next((str(each["StackStatus"]) for each in found), None)
