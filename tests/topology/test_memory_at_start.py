"""The loader counts no more memory than a real PostgreSQL takes at its start, and most of it."""

import subprocess
from pathlib import Path

import pytest

from drill.operator.processes import CONTRIB, POSTGRES_BIN, unprivileged
from drill.postgres_settings import Oracle
from topology.rules.memory import AT_START, taken_at_start

OPERATORS = {"max_worker_processes": "32"}
PRELOADED = {
    "shared_preload_libraries": "pg_stat_statements",
    "dynamic_library_path": f"$libdir:{CONTRIB}/lib",
}
PROMPT = b"backend> "
LARGE: list[dict[str, str]] = [
    {"max_connections": "5000"},
    {"max_worker_processes": "5000", "max_locks_per_transaction": "10"},
    {"max_wal_senders": "5000", "max_pred_locks_per_transaction": "10"},
    {"autovacuum_worker_slots": "5000"},
    {"max_prepared_transactions": "5000"},
    {"max_connections": "200", "track_activity_query_size": "1MB"},
    {"max_locks_per_transaction": "10000"},
    {"max_pred_locks_per_transaction": "10000"},
    {"wal_buffers": "256MB"},
    {"pg_stat_statements.max": "500000", **PRELOADED},
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("at-start")
    Oracle(POSTGRES_BIN, folder)
    return folder / "data"


def touched_mib(data: Path, parameters: dict[str, str]) -> float:
    """The shared memory that a session without a server has written to, once it waits for SQL."""
    flags = [flag for name, value in parameters.items() for flag in ("-c", f"{name}={value}")]
    command = [str(POSTGRES_BIN / "postgres"), "--single", "-D", str(data), *flags, "postgres"]
    alone = subprocess.Popen(
        unprivileged(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    with alone:
        assert alone.stdin
        assert alone.stdout
        said = b""
        while not said.endswith(PROMPT):
            more = alone.stdout.read(1024)
            assert more, said
            said += more
        status = Path(f"/proc/{alone.pid}/status").read_text(encoding="utf-8")
        alone.stdin.close()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return int(fields["RssShmem"].split()[0]) / 1024


def test_every_setting_that_is_counted_is_tried_large() -> None:
    tried = {name for parameters in LARGE for name in parameters}

    assert set(AT_START) - tried == {"autovacuum_max_workers"}, "18 keeps their slots instead"


@pytest.mark.parametrize("parameters", LARGE, ids=str)
def test_what_the_loader_counts_is_most_of_what_postgresql_takes_and_no_more(
    data: Path, parameters: dict[str, str]
) -> None:
    settings = {**OPERATORS, **parameters}

    counted = taken_at_start(18, settings) / 1024**2

    taken = touched_mib(data, settings)
    assert taken > 100, "large enough to be judged by"
    assert taken * 2 / 3 < counted <= taken
