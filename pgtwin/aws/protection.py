"""Against deletion by mistake: of a site's stack, and of its machines.

What always holds: only a stack whose last operation ended well is protected. A machine that refuses
termination would end the rollback of its own creation in ROLLBACK_FAILED, and the CDK CLI deletes a
stack that failed before it recreates it.
"""

from pgtwin.aws.clients import Clients
from pgtwin.aws.running_machines import protect_machine, running_machines
from pgtwin.aws.stack import site_stack
from pgtwin.errors import SiteRefused
from topology.names import Names
from topology.site import SiteName

_ENDED_WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


def protect(clients: Clients, names: Names, site: SiteName, *, protected: bool) -> tuple[str, ...]:
    """Protect a site's stack and machines, or lift that; what was told so, nothing without a stack.

    Raises:
        SiteRefused: where the stack has not become what it was to be; nothing was changed.
    """
    stack = site_stack(clients, names, site)
    if stack is None:
        return ()
    if protected and stack.status not in _ENDED_WELL:
        raise SiteRefused(
            f"{stack.name} is {stack.status}: only a site that was deployed is protected"
        )
    clients.ask(
        "cloudformation",
        f"protect {stack.name}",
        lambda cloudformation: cloudformation.update_termination_protection(
            StackName=stack.name, EnableTerminationProtection=protected
        ),
    )
    machines = running_machines(clients, names, site)
    for machine in machines.values():
        protect_machine(clients, machine.instance, protected=protected)
    return (stack.name, *machines)
