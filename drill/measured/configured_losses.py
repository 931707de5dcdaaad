"""The figures of `make losses` at the archive timeout of the configuration, 60 s as shipped."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from drill.measured.kind import Kind
from drill.replication_mode import AS_CONFIGURED
from drill.report.document import Report
from drill.report.losses import ModeResult

MANY = 20
"""Fewer losses are no distribution."""
BY = f'`make losses`, `--mode "{AS_CONFIGURED.name}"`'
_READ: Mapping[str, tuple[str, Callable[[ModeResult], float | None]]] = {
    "rpo-median": ("RPO, median", lambda mode: mode.rpo_seconds.p50),
    "rpo-worst": ("RPO, worst", lambda mode: mode.rpo_seconds.max),
    "rto-median": ("RTO, median", lambda mode: mode.rto_seconds.p50),
    "rto-worst": ("RTO, worst", lambda mode: mode.rto_seconds.max),
    "lag-median": ("slowest row before one, median", lambda mode: mode.slowest_lag_seconds.p50),
    "lag-worst": ("slowest row before one, worst", lambda mode: mode.slowest_lag_seconds.max),
}


def kinds() -> Iterator[Kind]:
    """Every one of them; a drill's report holds what `make losses` wrote last."""
    for what, (title, read) in _READ.items():
        yield Kind(
            name=f"configured-{what}",
            title=f"losses at the configured archive timeout: {title}",
            unit="s",
            by=BY,
            read=partial(_find, read=read),
            headline=True,
        )


def _find(report: Report, *, read: Callable[[ModeResult], float | None]) -> float | None:
    modes = report.side_by_side.modes if report.side_by_side else {}
    found = modes.get(AS_CONFIGURED.name)
    return read(found) if found and found.losses >= MANY else None
