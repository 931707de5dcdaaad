"""What the archive and the WAL that is kept cost beside a stream: arithmetic, as tables.

A writer at rest writes its heartbeat once per minute, so one segment is closed per archive timeout.
Each site archives it. A segment that was closed early counts
whole in `wal_keep_size` (PostgreSQL's xlog.c, KeepLogSeg, counts segments), so a writer at rest
goes through one per archive timeout.
"""

from collections.abc import Iterator

from drill.measured.document import Measured
from drill.scenarios.scenario import archive_bound
from pgtwin.cost.prices import Prices
from topology.database import Database
from topology.machine_share import OPERATORS_WAL_KEEP_MIB
from topology.site import SITES
from topology.topology import Topology

SEGMENT_MIB = 16
TIMEOUTS_SECONDS = (60, 120, 300, 900, 3600)
"""A shorter one closes no more at rest: the heartbeat is written once per minute."""
KEPT_MIB = (256, OPERATORS_WAL_KEEP_MIB, 1024, 2048, 4096)
PGBENCH = ("wal-compression-pglz-wal", "wal-compression-off-wal")
"""What pgbench writes, with `wal_compression` and without."""


def archive_timeouts(topology: Topology) -> Iterator[list[str]]:
    """A row per archive timeout, head first."""
    prices = Prices.load()
    per_thousand = sum(prices.of(topology.site(site).region, "s3_put_thousand") for site in SITES)
    chosen = topology.database.archive_timeout_seconds
    yield [
        "`archive_timeout_seconds`",
        "PUTs per month and site, at rest",
        "both sites, US dollars per month",
        "a loss without the stream",
    ]
    for timeout in TIMEOUTS_SECONDS:
        puts = prices.month_hours * 3600 / timeout
        yield [
            _chosen(f"{timeout:,} s", is_it=timeout == chosen),
            f"{puts:,.0f}",
            f"{puts * per_thousand / 1000:.2f}",
            f"up to {archive_bound(_with(topology, timeout)):,.0f} s",
        ]


def kept_wal(database: Database, measured: Measured) -> Iterator[list[str]]:
    """A row per `wal_keep_size`, head first: how long a replica may be away and still stream."""
    rest = SEGMENT_MIB / database.archive_timeout_seconds
    rates = (1.0, *(measured.only(name).value for name in PGBENCH))
    written = [f"{rate:g} MiB/s" for rate in rates]
    yield ["`wal_keep_size`", f"of `wal_gib: {database.wal_gib}`", "away, at rest", *written]
    for kept in KEPT_MIB:
        away = (kept / rate for rate in (rest, *rates))
        yield [
            _chosen(f"{kept} MB", is_it=kept == OPERATORS_WAL_KEEP_MIB),
            f"{kept / (database.wal_gib * 1024):.1%}",
            *(f"{seconds / 60:.1f} min" for seconds in away),
        ]


def _with(topology: Topology, archive_timeout_seconds: int) -> Topology:
    database = topology.database.model_copy(
        update={"archive_timeout_seconds": archive_timeout_seconds}
    )
    return topology.model_copy(update={"database": database})


def _chosen(cell: str, *, is_it: bool) -> str:
    return f"**{cell}**" if is_it else cell
