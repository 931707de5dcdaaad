"""Whether what is planned for fits on the data volumes while the backups are verified.

What has room for a verification has room for a restore beside the database, and for the copies
that two failbacks leave behind. Only what is built is judged (`when_built`).
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.refused import Problem
from topology.rules.machines import OVERHEAD_GIB

if TYPE_CHECKING:
    from topology.topology import Topology

COPIES, WAL_GIB, KEPT_FREE = 3, 4, 0.1
"""As `host/verification/room.py` looks at the volumes: the restored archive, the restored dump and
the dump's own files, WAL beside them, and a share of the volume that stays free."""


def verification(topology: "Topology") -> Iterator[Problem]:
    database = topology.database
    planned, beside = database.storage_gib, database.wal_gib + OVERHEAD_GIB
    copies = COPIES * planned + WAL_GIB
    needed = math.ceil((planned + beside + copies) / (1 - KEPT_FREE))
    for name, site in topology.sites():
        if site.data_volume_gib >= needed:
            continue
        left = site.data_volume_gib * (1 - KEPT_FREE) - beside - WAL_GIB
        yield Problem(
            fields=(f"{name}.data_volume_gib", "database.storage_gib"),
            allowed=f"at least {needed} GiB for a database of {planned}: {planned} + WAL "
            f"{database.wal_gib} + {OVERHEAD_GIB} for images and logs + {copies} for a "
            f"verification ({COPIES} x {planned} + {WAL_GIB}), and a tenth kept free; with "
            f"{site.data_volume_gib} the backups of more than {max(0, left / (1 + COPIES)):.0f} "
            "GiB are no longer verified",
        )
