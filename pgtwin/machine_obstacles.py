"""What a deployment would do to machines that CloudFormation cannot do well: pure.

What always holds: CloudFormation is asked only for what it can do. It tries three times to end an
instance that refuses termination, leaves it there and calls the update complete: the old machine
keeps the data volume, and the new one waits for it forever. And it ends machines that left the
configuration at once, so those have left their site before: a server etcd, any machine Kubernetes.
A change of the user-data stops and starts every machine at once, and runs nothing on it. A machine
in another zone gets a blank volume, since its own stays in the zone where it was made.
"""

from collections.abc import Collection, Mapping
from typing import Any

from pgtwin.deployment_check import DeploymentCheck, Obstacle


def ended(check: DeploymentCheck) -> tuple[str, ...]:
    """The nodes whose instance is to end; of several replaced at once others are told first."""
    replaced = check.replaced_by_another if len(check.replaced) == 1 else ()
    return (*replaced, *check.leaving)


def refusing(check: DeploymentCheck, refuse: Collection[str]) -> Obstacle | None:
    """Machines that the deployment has to end; `refuse` are the instances that do not let it."""
    held = [node for node in ended(check) if check.running[node].instance in refuse]
    if not held:
        return None
    return Obstacle(
        found=f"{', '.join(held)} refuses termination: it would stay and keep its data volume, for "
        "which a new one would wait forever",
        remedy="run: " + "; ".join(_allow(check, check.running[node].instance) for node in held),
    )


def twins(check: DeploymentCheck) -> Obstacle | None:
    """Machines of an earlier deployment that are still there, beside the one that replaced them."""
    left = [(node, old) for node, each in check.running.items() for old in each.older]
    if not left:
        return None
    listed = ", ".join(
        f"{node} ({old} beside {check.running[node].instance})" for node, old in left
    )
    end = (f"{_allow(check, old)} && {_end(check, old)}" for _, old in left)
    return Obstacle(
        found=f"two machines of one node: {listed}; the older one may hold the data volume",
        remedy=f"run: {'; '.join(end)}",
    )


def rewritten(check: DeploymentCheck, nodes: Collection[str]) -> Obstacle | None:
    """Machines that are stopped for another user-data: `nodes` have another than is deployed."""
    stopped = [node for node in check.running if node in nodes or node in check.replaced]
    if not nodes or len(stopped) <= 1:
        return None
    return Obstacle(
        found=f"the user-data is another: the deployment stops and starts {', '.join(stopped)} at "
        "once",
        remedy="deploy in an hour without clients, with ANYWAY=yes: the machines come back by "
        "themselves; or with the pgtwin that was deployed last",
    )


def moved(check: DeploymentCheck) -> Obstacle | None:
    """Machines that would stand in another zone than their data volumes."""
    zones = check.topology.zones(check.site)
    told = [
        f"{node} is in {machine.zone}, {zones[node]} here"
        for node, machine in check.running.items()
        if node in zones and machine.zone != zones[node]
    ]
    if not told:
        return None
    return Obstacle(
        found="a data volume stays in its zone, and a machine in another would get a blank one: "
        f"{', '.join(told)}",
        remedy=_taken_out(check),
    )


def rebuilt(check: DeploymentCheck, deployed: Mapping[str, Any]) -> Obstacle | None:
    """What a site is built with once; `deployed` is what the stack said of itself, if it did."""
    if not check.running:
        return None
    told = [
        f"{check.site}.{key} is {_shown(deployed[key])}, {_shown(value)} here"
        for key, value in check.topology.site(check.site).built_once.items()
        if key in deployed and deployed[key] != value
    ]
    if not told:
        return None
    return Obstacle(
        found=f"a site that stands keeps what it was built with: {'; '.join(told)}",
        remedy=_taken_out(check),
    )


def _taken_out(check: DeploymentCheck) -> str:
    return (
        f"take the change out of {check.config}, "
        "read: docs/upgrade.md, 'What a site keeps for good'"
    )


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def members(check: DeploymentCheck, listed: Collection[str] | None) -> Obstacle | None:
    """Machines that the configuration no longer has, and Kubernetes does; None where it is silent.

    A server among them is a member of etcd, which loses its quorum when several are ended at once.
    An agent may lead the database.
    """
    still = [node for node in check.leaving if listed is None or node in listed]
    if not still:
        return None
    return Obstacle(
        found=f"{check.config} has no {', '.join(still)} any more, and the deployment ends them "
        "while they are members of their site",
        remedy=f"take the change out of {check.config}, and take them out of the site first, "
        "read: docs/upgrade.md, 'Fewer machines'",
    )


def _allow(check: DeploymentCheck, instance: str) -> str:
    region = check.topology.site(check.site).region
    return (
        f"aws ec2 modify-instance-attribute --region {region} --instance-id {instance} "
        "--no-disable-api-termination"
    )


def _end(check: DeploymentCheck, instance: str) -> str:
    region = check.topology.site(check.site).region
    return f"aws ec2 terminate-instances --region {region} --instance-ids {instance}"
