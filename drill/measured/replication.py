"""The figures of `make bench-replication`.

What each way to follow costs the writer, as multiples of the archive, and what a follower takes at
rest.
"""

from collections.abc import Iterator
from typing import get_args

from drill.measured.kind import Kind
from topology.topology import Replication

BY = "`make bench-replication`"
MODES: tuple[Replication, ...] = get_args(Replication)
WAYS = (
    "streaming, 11 ms",
    "streaming, 80 ms",
    "synchronous, 11 ms",
    "synchronous, 80 ms",
)
MEASURES = {
    "transactions_per_second": "transactions per second",
    "median_ms": "median latency",
    "p99_ms": "99th percentile of latency",
}


def figure_name(way: str, measure: str) -> str:
    """The name of the figure of a way to follow, against the archive."""
    words = f"{way} {measure.removesuffix('_ms')}".replace(",", "").replace("_", " ")
    return f"replication-{words.replace(' ', '-')}"


def at_rest_name(mode: Replication) -> str:
    """The name of the figure of what a follower takes at rest."""
    return f"at-rest-{mode}"


def kinds() -> Iterator[Kind]:
    """Every one of them."""
    for mode in MODES:
        yield Kind(
            name=at_rest_name(mode),
            title=f"{mode}: processor time of a follower at rest",
            unit="cores",
            by=BY,
            digits=3,
        )
    for way in WAYS:
        for measure, title in MEASURES.items():
            yield Kind(
                name=figure_name(way, measure),
                title=f"{way}: {title} against the archive",
                unit="times",
                by=BY,
            )
