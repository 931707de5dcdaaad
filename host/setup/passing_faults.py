"""Which faults of a boot fail the deployment, and when.

Whatever may pass by itself is left a quarter of an hour from its first failure, since one machine's
bad minute would otherwise roll back a whole site, however late in a long boot it comes. What cannot
pass is told at once. So is what fails when no whole try fits before the deployment's own end.
"""

from datetime import datetime

from host.deadlines import LAST_TRY_SECONDS, PASSING_FAULT_SECONDS
from host.errors import Refused
from host.explain import explain
from host.machine.machine import Machine
from host.machine.paths import STATE

_TRYING_SINCE = f"{STATE}/boot-trying-since"
"""When the first boot began that has not been followed by one that succeeded."""
_FAILING_SINCE = f"{STATE}/boot-failing-since"
"""When the first of them failed."""


def begin(machine: Machine) -> None:
    """Note the moment, unless an earlier try failed."""
    _since(machine, _TRYING_SINCE)


def succeeded(machine: Machine) -> None:
    """The next failure is a first one again."""
    machine.files.remove(_FAILING_SINCE)
    machine.files.remove(_TRYING_SINCE)


def is_for_good(machine: Machine, error: Exception) -> bool:
    """Note a failure; whether it is time to give the deployment up.

    A refusal waits for a person, and an error without a name is a mistake in this program.
    """
    named = explain(error)
    if named is None or isinstance(named, Refused):
        return True
    try:
        failing, trying = _since(machine, _FAILING_SINCE), _since(machine, _TRYING_SINCE)
    except OSError:
        return True  # Where nothing can be written, no later try can tell how long it has lasted.
    return failing >= PASSING_FAULT_SECONDS or trying >= LAST_TRY_SECONDS


def _since(machine: Machine, mark: str) -> float:
    """The seconds since a moment, which is now where it was not noted yet."""
    now = machine.clock.now()
    if not machine.files.exists(mark):
        machine.files.write(mark, now.isoformat().encode())
    noted = datetime.fromisoformat(machine.files.read(mark).decode())
    return (now - noted).total_seconds()
