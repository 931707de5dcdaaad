"""A list of steps, each safe to repeat, with a record of how far a run came."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from host.machine.machine import Machine

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Step:
    """Brings one thing to what it must be, whatever it was before."""

    name: str
    do: Callable[[], object]


def run_steps(machine: Machine, steps: Sequence[Step], record: str) -> dict[str, float]:
    """Do every step in order; how many seconds each took.

    `record` is a file that says the same while the run is under way and after it failed. It is for
    people: a step looks at the machine itself, never at the record.
    """
    seconds: dict[str, float] = {}
    for step in steps:
        start = machine.clock.monotonic()
        step.do()
        seconds[step.name] = round(machine.clock.monotonic() - start, 2)
        _log.info("%s: %.1f s", step.name, seconds[step.name])
        machine.files.write(record, json.dumps(seconds, indent=2).encode())
    return seconds
