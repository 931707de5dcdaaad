"""The power that EC2 gives: an instance that is stopped there has none here.

A power cut that the drill makes is not EC2's: only a change of the instance's state acts here.
"""

import fcntl
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from drill.aws.embedded_aws import EmbeddedAws
from drill.rig.machine import RigMachine, machines_of
from drill.rig.name import RigName

_WATCH_SECONDS = 1.0
_OFF = ("stopping", "stopped", "shutting-down", "terminated")
_log = logging.getLogger(__name__)


def follow(name: RigName, aws: EmbeddedAws) -> None:
    """Follow the instances' states forever."""
    before: Mapping[str, bool] = {}
    while True:
        time.sleep(_WATCH_SECONDS)
        try:
            now = _everywhere(aws)
        except (BotoCoreError, ClientError):
            continue  # a region is cut off: nobody can switch anything there
        with held(name):
            machines = {each.spec.instance: each for each in machines_of(name)}
            changed = dict(now.items() - before.items())
            for instance in sorted(changed.keys() & machines.keys() & before.keys()):
                _switch(machines[instance], on=changed[instance])
        before = now


def _everywhere(aws: EmbeddedAws) -> Mapping[str, bool]:
    return {each: on for region in aws.regions for each, on in states(aws, region).items()}


@contextmanager
def held(name: RigName) -> Iterator[None]:
    """Meanwhile nobody else switches a machine because of EC2, or gives it another instance."""
    with (name.state / "power.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def states(aws: EmbeddedAws, region: str) -> Mapping[str, bool]:
    """Whether each instance of a region has power, by its id."""
    groups = aws.client("ec2", region).describe_instances()["Reservations"]
    return {
        each["InstanceId"]: each["State"]["Name"] not in _OFF
        for group in groups
        for each in group["Instances"]
    }


def _switch(machine: RigMachine, *, on: bool) -> None:
    try:
        (machine.power_on if on else machine.power_off)()
    except (OSError, RuntimeError) as error:
        _log.warning("%s: %s", machine.name, error)
