"""What each mode of replication costs, and what was lost in it.

What each way to follow costs the writer is a multiple of the archive in the same run.
"""

from collections.abc import Mapping
from typing import get_args

from charts.postgres_parameters import FOLLOWER_RETRY_SECONDS, USUAL_RETRY_SECONDS
from drill.measured.document import Where
from drill.measured.figure_table import Case, Column, FigureTable
from topology.topology import Replication

BY = "`make bench-replication`"
MODES: tuple[Replication, ...] = get_args(Replication)
WAYS = (
    "streaming, 11 ms",
    "streaming, 80 ms",
    "synchronous, 11 ms",
    "synchronous, 80 ms",
)
MEASURES: Mapping[str, Column] = {
    "transactions_per_second": Column(
        name="transactions-per-second", title="transactions per second", unit="times"
    ),
    "median_ms": Column(name="median", title="median latency", unit="times"),
    "p99_ms": Column(name="p99", title="99th percentile of latency", unit="times"),
}
"""By the field of what pgbench measured in one turn."""


def row_name(way: str) -> str:
    """The row of a way to follow."""
    return way.replace(",", "").replace(" ", "-")


AGAINST_ARCHIVE = FigureTable(
    name="replication",
    by=BY,
    head=("against the archive",),
    columns=tuple(MEASURES.values()),
    rows=tuple(Case(name=row_name(way), cells=(way,)) for way in WAYS),
)
AT_REST = FigureTable(
    name="at-rest",
    by=BY,
    head=("idle replica",),
    columns=(Column(name="cores", title="cores", unit="cores", digits=3),),
    rows=tuple(Case(name=mode, cells=(mode,)) for mode in MODES),
)


def _looks(seconds: int, *, timeout: int = 60, at_once: int = 1, **more: str) -> Case:
    """A row of the whole pod on the rig: the settings, and when a row is replayed at the latest."""
    timeout -= max(0, seconds - USUAL_RETRY_SECONDS)
    return Case(
        name=f"{at_once}-{seconds}-s",
        cells=(str(at_once), f"{seconds} s", f"{timeout} s"),
        behind=(f"{timeout + seconds} s + upload",),
        ground="rig",
        chosen=seconds == FOLLOWER_RETRY_SECONDS,
        **more,
    )


_IDLE_BY = "scenario `idle-follower`"
IDLE = FigureTable(
    name="idle-replica",
    by=_IDLE_BY,
    head=("`maxParallel`", "interval", "archive timeout"),
    columns=(Column(name="cores", title="cores", unit="cores"),),
    behind=("replayed after at most",),
    rows=(
        _looks(1, at_once=2),
        _looks(10),
        _looks(FOLLOWER_RETRY_SECONDS, figure="idle-follower-cores"),
        Case(
            name="streams",
            cells=("1", "none: it streams", "60 s"),
            behind=("the network delay",),
            ground="rig",
        ),
    ),
)

_OPERATOR = "tests/drill/operator"
_STREAMING = f"`{_OPERATOR}/test_streaming.py`"
_SYNCHRONOUS = f"`{_OPERATOR}/test_synchronous.py`"
_WAITS = "commits wait for it"
_LOSSES: tuple[tuple[str, str, Where, str], ...] = (
    ("rig-streaming", "it streams", "rig", "scenario `region-lost`"),
    ("rig-synchronous", f"{_WAITS} (`synchronous`)", "rig", "scenario `region-lost`"),
    ("two-synchronous", f"{_WAITS} (`synchronous`), two losses", "embedded", "`make drill`"),
    ("streaming-11-ms", "it streams, over 11 ms", "offline", _STREAMING),
    ("streaming-500-ms", "it streams, over 500 ms", "offline", _STREAMING),
    ("synchronous-500-ms", f"{_WAITS}, over 500 ms", "offline", _SYNCHRONOUS),
    ("synchronous-lossy", f"{_WAITS}, 5% of what is sent is lost", "offline", _SYNCHRONOUS),
    (
        "synchronous-flapping",
        f"{_WAITS}, the path flaps and is cut at the loss",
        "offline",
        _SYNCHRONOUS,
    ),
    ("streaming-cut", "the path is cut", "offline", _STREAMING),
    ("streaming-flapping", "the path flaps, and is cut at the loss", "offline", _STREAMING),
)
_SEEN_ON = {
    "rig": "rig, real operator",
    "embedded": "embedded",
    "offline": "real PostgreSQL",
}
LOSSES = FigureTable(
    name="seen-loss",
    head=("ground", "loss while"),
    columns=(
        Column(name="rows", title="rows lost of those acknowledged", unit="rows", digits=0),
        Column(name="time", title="seconds lost", unit="s", digits=1),
    ),
    rows=tuple(
        Case(name=name, cells=(_SEEN_ON[ground], said), ground=ground, by=by)
        for name, said, ground, by in _LOSSES
    ),
)
_RIG_20 = "rig, `synchronous`, `rpo: 20s`"
_EMBEDDED_30 = "embedded, `synchronous`, `rpo: 30s`"
_RUNS = (
    ("stream-there", "rig, `streaming`", "switchover", "without a write"),
    ("stream-back", "rig, `streaming`", "switchover", "without a write, on the way back"),
    ("machine", _RIG_20, "machine-lost", "without a write"),
    ("there", _RIG_20, "switchover", "without a write"),
    ("back", _RIG_20, "switchover", "without a write, on the way back"),
    ("waited", _RIG_20, "degraded-region", "the path is cut: commits wait; `rpo` is 20 s of it"),
    ("again", _RIG_20, "degraded-region", "RPO 0 after the path is back; 20 s of it are promised"),
    ("region", _RIG_20, "region-lost", "a write, after the decision"),
    ("fenced", _RIG_20, "returns-fenced", "fenced"),
    ("failback", _RIG_20, "failback", "clone, and switchover"),
    ("embedded-waited", _EMBEDDED_30, "degraded-region", "the path is cut: commits wait"),
    ("embedded-went-on", _EMBEDDED_30, "degraded-region", "then go on without the region"),
    ("embedded-again", _EMBEDDED_30, "degraded-region", "RPO 0 after the path is back"),
)
RUNS = FigureTable(
    name="seen-run",
    head=("ground and mode", "scenario", "what"),
    columns=(Column(name="seconds", title="seconds", unit="s", digits=1),),
    rows=tuple(
        Case(
            name=name,
            cells=(where, scenario, said),
            ground="rig" if where.startswith("rig") else "embedded",
            by=f"scenario `{scenario}`",
        )
        for name, where, scenario, said in _RUNS
    ),
)
"""One run each, on a busy computer."""
LIST = FigureTable(
    name="synchronous-list",
    head=("a change of the list of synchronous standbys",),
    columns=(Column(name="seconds", title="seconds", unit="s", digits=1),),
    rows=(
        Case(name="let-go", cells=("lets commits go",), ground="rig", by="by hand, two real sites"),
        Case(name="hold", cells=("holds them again",), ground="rig", by="by hand, two real sites"),
    ),
)
FIGURE_TABLES = (AGAINST_ARCHIVE, AT_REST, IDLE, LOSSES, RUNS, LIST)
