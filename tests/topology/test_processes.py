"""As many processes as the loader takes, a real PostgreSQL starts with, and not with one more."""

import subprocess
from pathlib import Path

import pytest

from drill.operator.processes import POSTGRES_BIN, unprivileged
from drill.postgres_settings import Oracle
from tests.loader import loads_with
from topology.site import SITES

LARGE = "r7i.8xlarge"
"""With memory for so many."""
OPERATORS = {"max_worker_processes": "32"}
MOST: list[dict[str, int]] = [
    {"max_connections": 262_083},
    {"max_connections": 262_084},
    {"max_connections": 262_143},
    {"max_connections": 200, "max_worker_processes": 261_915},
    {"max_connections": 200, "max_worker_processes": 261_916},
    {"max_connections": 100, "max_wal_senders": 261_993},
    {"max_connections": 100, "max_wal_senders": 261_994},
    {"max_connections": 261_098, "autovacuum_worker_slots": 1001},
    {"max_connections": 261_099, "autovacuum_worker_slots": 1001},
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("processes")
    Oracle(POSTGRES_BIN, folder)
    return folder / "data"


def starts(data: Path, parameters: dict[str, str]) -> bool:
    """Up to the moment in which its shared memory has a size."""
    flags = [flag for name, value in parameters.items() for flag in ("-c", f"{name}={value}")]
    command = [str(POSTGRES_BIN / "postgres"), "-D", str(data), *flags, "-C", "shared_memory_size"]
    asked = subprocess.run(unprivileged(command), capture_output=True, text=True, check=False)
    assert asked.returncode == 0 or "too many server processes" in asked.stderr, asked.stderr
    return asked.returncode == 0


@pytest.mark.parametrize("numbers", MOST, ids=str)
def test_processes_are_refused_by_both_or_by_none(data: Path, numbers: dict[str, int]) -> None:
    parameters = {name: str(number) for name, number in numbers.items()}

    taken = loads_with(
        {
            "database.parameters": parameters,
            **{f"{site}.instance_type": LARGE for site in SITES},
        }
    )
    assert starts(data, {**OPERATORS, **parameters}) == taken
