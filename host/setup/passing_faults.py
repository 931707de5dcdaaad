"""Which faults of a boot fail the deployment, and when.

Whatever may pass by itself is left a quarter of an hour from the first try, since one machine's bad
minute would otherwise roll back a whole site. What cannot pass is told at once.
"""

from datetime import datetime

from host.deadlines import PASSING_FAULT_SECONDS
from host.errors import Refused
from host.explain import explain
from host.machine.machine import Machine
from host.machine.paths import STATE

_TRYING_SINCE = f"{STATE}/boot-trying-since"
"""When the first boot began that has not been followed by one that succeeded."""


def begin(machine: Machine) -> None:
    """Note the moment, unless an earlier try failed."""
    if not machine.files.exists(_TRYING_SINCE):
        machine.files.write(_TRYING_SINCE, machine.clock.now().isoformat().encode())


def succeeded(machine: Machine) -> None:
    """The next failure is a first one again."""
    machine.files.remove(_TRYING_SINCE)


def is_for_good(machine: Machine, error: Exception) -> bool:
    """Whether it is time to give the deployment up.

    A refusal waits for a person, and an error without a name is a mistake in this program.
    """
    named = explain(error)
    if named is None or isinstance(named, Refused):
        return True
    since = datetime.fromisoformat(machine.files.read(_TRYING_SINCE).decode())
    return (machine.clock.now() - since).total_seconds() >= PASSING_FAULT_SECONDS
