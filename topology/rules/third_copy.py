"""Where the sites' backups are copied to."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.refused import Problem

if TYPE_CHECKING:
    from topology.topology import Topology


def third_copies(topology: "Topology") -> Iterator[Problem]:
    """Both sites have every dump under the same key: in one bucket each would write over it."""
    primary, dr = topology.primary.third_copy, topology.dr.third_copy
    if primary and dr and primary.bucket == dr.bucket:
        yield Problem(
            fields=("primary.third_copy.bucket", "dr.third_copy.bucket"),
            allowed=f"two different values, not {dr.bucket!r} twice",
        )
