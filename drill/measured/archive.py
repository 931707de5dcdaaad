"""The figures of `make bench-archive`: what an archive's settings cost and bring."""

from collections.abc import Iterator, Sequence

from charts.object_stores import DATA_COMPRESSION, DATA_JOBS, WAL_COMPRESSION, WAL_PARALLEL
from drill.measured.document import Measured
from drill.measured.figure_table import Case, Column, FigureTable

BY = "`make bench-archive`"
COMPRESSIONS = ("none", "gzip", "snappy", "lz4", "zstd")
DATA_COMPRESSIONS = COMPRESSIONS[:-1]
"""The ObjectStore's schema has no zstd for base backups."""
JOBS = (1, 2, 4)
WAL_CASES = tuple(
    (compression, at_once)
    for compression in COMPRESSIONS
    for at_once in ((1, 2, 4, 8) if compression == "gzip" else (1, 4))
)
DATA_CASES = tuple((compression, jobs) for compression in DATA_COMPRESSIONS for jobs in JOBS)


def _rows(cases: Sequence[tuple[str, int]], chosen: tuple[str, int]) -> tuple[Case, ...]:
    return tuple(
        Case(name=f"{what}-{number}", cells=(what, str(number)), chosen=(what, number) == chosen)
        for what, number in cases
    )


_SIZE = Column(name="size", title="size", unit="times smaller", digits=1, before="1/")
_RESTORED = Column(name="restored", title="restored MiB/s", unit="MiB/s", digits=0)
_DOWNLOAD = Column(name="download", title="download/restore", unit="times")
STARTS = FigureTable(
    name="archive-start",
    by=BY,
    head=("the start of a process",),
    columns=(Column(name="cpu", title="seconds of processor", unit="s"),),
    rows=(
        Case(name="python", cells=("Python",)),
        Case(name="imports", cells=("and barman's imports",)),
        Case(name="client", cells=("and boto3's S3 client",)),
    ),
)
WRITTEN = FigureTable(
    name="wal-compression",
    by=BY,
    head=("wal_compression",),
    columns=(
        Column(name="transactions", title="transactions/s", unit="per second", digits=0),
        Column(name="wal", title="WAL MiB/s", unit="MiB/s", digits=1),
        Column(name="each", title="WAL KiB per transaction", unit="KiB", digits=1),
    ),
    rows=(
        Case(name="off", cells=("off",)),
        Case(name="pglz", cells=("on (pglz)",), chosen=True),
    ),
)
WAL = FigureTable(
    name="archive-wal",
    by=BY,
    head=("compression", "at once"),
    columns=(
        Column(name="archived", title="archived MiB/s", unit="MiB/s", digits=0),
        Column(name="to-written", title="to written", unit="times", digits=1),
        Column(name="cpu", title="CPU s per segment", unit="s"),
        *(_SIZE, _RESTORED, _DOWNLOAD),
    ),
    rows=_rows(WAL_CASES, (WAL_COMPRESSION, WAL_PARALLEL)),
)
BASE = FigureTable(
    name="archive-base",
    by=BY,
    head=("compression", "jobs"),
    columns=(
        Column(name="taken", title="taken MiB/s", unit="MiB/s", digits=0),
        Column(name="taken-cpu", title="CPU s per GiB taken", unit="s", digits=0),
        *(_SIZE, _RESTORED),
        Column(name="restored-cpu", title="CPU s per GiB restored", unit="s", digits=0),
        _DOWNLOAD,
    ),
    rows=_rows(DATA_CASES, (DATA_COMPRESSION, DATA_JOBS)),
)
_SEGMENT = (
    ("Python", "archive-start-python-cpu", None),
    ("barman's imports", "archive-start-imports-cpu", "archive-start-python-cpu"),
    ("boto3's S3 client", "archive-start-client-cpu", "archive-start-imports-cpu"),
    (
        "reading, signing, uploading 16 MiB uncompressed",
        "archive-wal-none-1-cpu",
        "archive-start-client-cpu",
    ),
    ("gzip", "archive-wal-gzip-1-cpu", "archive-wal-none-1-cpu"),
)
"""What each step adds: the figure with it, and that without it."""


def segment(measured: Measured) -> Iterator[Sequence[str]]:
    """What one segment costs, step by step: differences of the figures."""
    yield ["step of archiving one segment, gzip as an example", "CPU seconds"]
    for step, with_it, without in _SEGMENT:
        before = measured.only(without).value if without else 0.0
        yield [step, f"{measured.only(with_it).value - before:.2f}"]
