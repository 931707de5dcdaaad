"""Where the time of a takeover inside a site goes: read from the logs of one run each."""

from drill.measured.figure_table import Case, Column, FigureTable

_STEPS = (
    (
        "lost",
        "the machine is marked as lost",
        "`node-monitor-grace-period` 10 s, kubelet lease of 8 s",
    ),
    (
        "silent",
        "the operator gives up the silent instance",
        "`net.ipv4.tcp_retries2` of its pod: 30 s without",
    ),
    ("lease", "the elected standby gets the lease", "`primaryLease`"),
    ("promotion", "promotion, with its queries of the archive", "`maxParallel` 1"),
    ("service", "the Service points to the new primary", ""),
    (
        "standby",
        "a standby is attached, commits continue",
        "`wal_retrieve_retry_interval` 2 s",
    ),
)


def _seconds(name: str, title: str) -> Column:
    return Column(name=name, title=title, unit="s", digits=0)


TAKEOVER = FigureTable(
    name="takeover",
    by="scenarios `machine-lost` and `instance-deleted`, read from the logs",
    head=("step",),
    columns=(
        _seconds("machine", "machine lost, seconds"),
        _seconds("pod", "pod deleted, seconds"),
    ),
    behind=("set by",),
    rows=tuple(
        Case(name=name, cells=(said,), behind=(set_by,), ground="rig")
        for name, said, set_by in _STEPS
    ),
    summed=True,
)
