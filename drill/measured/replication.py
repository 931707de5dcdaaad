"""The figures of `make bench-replication`: each way to follow, as multiples of the archive."""

from collections.abc import Iterator

from drill.measured.kind import Kind

BY = "`make bench-replication`"
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


def kinds() -> Iterator[Kind]:
    """Every one of them."""
    for way in WAYS:
        for measure, title in MEASURES.items():
            yield Kind(
                name=figure_name(way, measure),
                title=f"{way}: {title} against the archive",
                unit="times",
                by=BY,
            )
