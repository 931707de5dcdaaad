"""The machines of a site as EC2 knows them, and whether one of them may be terminated.

What always holds: of two instances of one node the later generation is the site's machine. The
other one is told beside it: it may hold the node's data volume.
"""

import base64
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from pgtwin.aws.clients import Clients
from pgtwin.replacement import RunningMachine
from topology.names import GENERATION_TAG, Names
from topology.site import SiteName

_WORKS = ("pending", "running")
_ALIVE = (*_WORKS, "stopping", "stopped")


def running_machines(clients: Clients, names: Names, site: SiteName) -> dict[str, RunningMachine]:
    """The instances of a site by node; of two with one name that of the later generation."""
    found = clients.ask("ec2", f"look for {site}'s machines", partial(_instances, names, site))
    machines: dict[str, RunningMachine] = {}
    for instance in found:
        tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
        machine = RunningMachine(
            instance=str(instance["InstanceId"]),
            generation=int(tags.get(GENERATION_TAG, 1)),
            image=str(instance["ImageId"]),
            instance_type=str(instance["InstanceType"]),
            zone=str(instance["Placement"]["AvailabilityZone"]),
            works=instance["State"]["Name"] in _WORKS,
        )
        node = tags["pgtwin:node"]
        machines[node] = _beside(machines.get(node), machine)
    return dict(sorted(machines.items()))


def _beside(present: RunningMachine | None, machine: RunningMachine) -> RunningMachine:
    if present is None:
        return machine
    older, newer = sorted((present, machine), key=lambda each: each.generation)
    return replace(newer, older=(*newer.older, older.instance, *older.older))


def refuse_termination(clients: Clients, instances: Iterable[str]) -> frozenset[str]:
    """Those of the instances that nobody may terminate."""
    return frozenset(
        each
        for each in instances
        if clients.ask("ec2", f"ask whether {each} is protected", partial(_refuses, each))
    )


def protect_machine(clients: Clients, instance: str, *, protected: bool) -> None:
    """Let one machine refuse termination, or accept it."""
    clients.ask("ec2", f"protect {instance}", partial(_set, instance, protected))


def _instances(names: Names, site: SiteName, ec2: Any) -> list[dict[str, Any]]:
    wanted = {
        "tag:pgtwin:system": [names.system],
        "tag:pgtwin:site": [site],
        "tag-key": ["pgtwin:node"],
        "instance-state-name": list(_ALIVE),
    }
    filters = [{"Name": name, "Values": values} for name, values in wanted.items()]
    return [
        instance
        for page in ec2.get_paginator("describe_instances").paginate(Filters=filters)
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
    ]


def user_data(clients: Clients, instance: str) -> bytes:
    """What an instance begins with."""
    return clients.ask("ec2", f"read the user-data of {instance}", partial(_user_data, instance))


def _user_data(instance: str, ec2: Any) -> bytes:
    said = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
    return base64.b64decode(said.get("UserData", {}).get("Value", ""))


def _refuses(instance: str, ec2: Any) -> bool:
    said = ec2.describe_instance_attribute(InstanceId=instance, Attribute="disableApiTermination")
    return bool(said["DisableApiTermination"]["Value"])


def _set(instance: str, protected: bool, ec2: Any) -> None:
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": protected})
