"""From what the probe measured to one sentence: was the machine starved?

The source is the probe's own wall clock, not a counter of the system: it reads the same on Linux
and macOS, and sees everything that makes a process wait, be it other programs, a hypervisor that
takes the processor away, a laptop that saves power, or memory that is swapped. Linux's
/proc/pressure/cpu was tried and left out: it counts any waiting process, so one niced loop shows as
full pressure though it delays nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass

MOST_SLOWDOWN = 4.0
"""The drill keeps two cores busy by itself: 2.2 was measured in one run with little beside it. At
about twice that, half of the machine is somebody else's. Not calibrated on an idle machine yet."""
MOST_WRITE_SECONDS = 0.25
"""A checkpoint syncs some forty files: at this price it takes the ten seconds that the bound on
replication lag leaves for everything but the archive timeout."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One round of the probe."""

    at: float
    """Its end, on the system's monotonic clock, in seconds."""
    work_seconds: float
    """From the moment when the work was due to its end."""
    processor_seconds: float
    """How much processor time the work took."""
    write_seconds: float
    """How long one block took to reach the disk."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What the machine gave over some time; None where nothing was measured."""

    slowdown: float | None
    """How many times longer work took than the same work takes this machine at its best."""
    write_seconds: float | None
    """How long one block took to reach the disk, on average."""
    processor_slowdown: float | None = None
    """How many times more processor time work took than at the machine's best: neighbours share its
    caches and the threads of a core."""

    @property
    def starved(self) -> bool:
        """Whether a time bound says nothing about the system. What is unknown excuses nothing."""
        return (self.slowdown or 0) > MOST_SLOWDOWN or (
            self.write_seconds or 0
        ) > MOST_WRITE_SECONDS

    @property
    def sentence(self) -> str:
        """What was measured, for a person."""
        if self.slowdown is None:
            return "how busy the machine was is not known"
        written = (
            f", a write to disk {self.write_seconds:.2f} s (limit {MOST_WRITE_SECONDS:g} s)"
            if self.write_seconds is not None
            else ""
        )
        processor = (
            f" and {self.processor_slowdown:.1f} times the processor time"
            if self.processor_slowdown is not None
            else ""
        )
        return (
            f"work took {self.slowdown:.1f} times as long as on this machine at rest "
            f"(limit {MOST_SLOWDOWN:g}){processor}{written}"
        )


UNKNOWN = Load(slowdown=None, write_seconds=None)


def load(samples: Iterable[Sample], since: float, overdue_seconds: float = 0.0) -> Load:
    """The load from a moment on; the machine's best is the least that any sample took.

    `overdue_seconds` is how long the round that is due already takes: the probe itself may starve.
    """
    known = tuple(samples)
    during = [sample for sample in known if sample.at >= since]
    if not known or not (during or overdue_seconds):
        return UNKNOWN
    best = min(sample.processor_seconds for sample in known)
    late = [sample.work_seconds for sample in during]
    writes = [sample.write_seconds for sample in during]
    if overdue_seconds > best:
        late.append(overdue_seconds)
    return Load(
        slowdown=_mean(late, best),
        write_seconds=_mean(writes, 1.0),
        processor_slowdown=_mean([sample.processor_seconds for sample in during], best),
    )


def _mean(seconds: list[float], unit: float) -> float | None:
    return sum(seconds) / len(seconds) / unit if seconds else None
