"""A mode of replication as it is measured: how WAL reaches the other region, how far, how often."""

import re
from dataclasses import dataclass

from topology.topology import Replication

DISTANCE_SECONDS = 0.011
"""There and back between eu-west-1 and eu-west-2, as it was measured between Dublin and London."""
FAR_SECONDS = 0.080
"""There and back between two regions of two continents, such as Ireland and Virginia."""


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One mode over one distance."""

    replication: Replication
    distance_seconds: float | None = DISTANCE_SECONDS
    """There and back, for the stream alone: a segment takes its way over the bucket. None where it
    is as it is and nobody measured it."""
    hurried: bool = True
    """Whether the archive timeout is the drill's, and not that of the configuration."""

    @property
    def name(self) -> str:
        """Its key in reports: another distance than the usual one is part of it."""
        if not self.hurried:
            return f"{self.replication}, timeout as configured"
        distance = self.distance_seconds
        if self.replication == "archive" or distance in (None, DISTANCE_SECONDS):
            return self.replication
        return f"{self.replication}, {distance * 1000:g} ms"

    @property
    def folder(self) -> str:
        """Its name for a folder: a shell, and PostgreSQL's archive_command, split at spaces."""
        return re.sub(r"[^a-z0-9]+", "-", self.name)


MODES = (
    Mode(replication="archive"),
    Mode(replication="streaming"),
    Mode(replication="streaming", distance_seconds=FAR_SECONDS),
    Mode(replication="synchronous"),
)
"""What is compared side by side."""
AS_CONFIGURED = Mode(replication="archive", hurried=False)
"""The archive at its own timeout, 60 s as shipped: each loss takes minutes, so it is asked for."""
ALL = (*MODES, AS_CONFIGURED)
