"""Against deletion by mistake: of a site's stack, and of its machines.

What always holds: only a stack whose last operation ended well is protected. A machine that refuses
termination would end the rollback of its own creation in ROLLBACK_FAILED, and the CDK CLI deletes a
stack that failed before it makes it anew.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pgtwin.aws.clients import Clients
from pgtwin.errors import SiteRefused
from topology.names import Names
from topology.site import SiteName

_ENDED_WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
_ALIVE = ("pending", "running", "stopping", "stopped")


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
    machines = clients.ask("ec2", f"look for {site}'s machines", partial(_machines, names, site))
    for instance in machines.values():
        clients.ask("ec2", f"protect {instance}", partial(_set, instance, protected))
    return (stack, *machines)


def _status(stack: str, cloudformation: Any) -> str | None:
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    found = (each for page in pages for each in page["Stacks"] if each["StackName"] == stack)
    return next((str(each["StackStatus"]) for each in found), None)


def _machines(names: Names, site: SiteName, ec2: Any) -> Mapping[str, str]:
    """The instances of a site by node."""
    wanted = {
        "tag:pgtwin:system": [names.system],
        "tag:pgtwin:site": [site],
        "instance-state-name": list(_ALIVE),
    }
    filters = [{"Name": name, "Values": values} for name, values in wanted.items()]
    found = {
        tag["Value"]: str(instance["InstanceId"])
        for page in ec2.get_paginator("describe_instances").paginate(Filters=filters)
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
        for tag in instance["Tags"]
        if tag["Key"] == "pgtwin:node"
    }
    return dict(sorted(found.items()))


def _set(instance: str, protected: bool, ec2: Any) -> None:
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": protected})
