"""What the control file and the status files tell about WAL and about a paused recovery."""

import subprocess
from pathlib import Path

import pytest

from drill.operator.processes import POSTGRES_BIN, unprivileged
from host.postgres.control_data import COMMAND, PGDATA, why_paused
from host.postgres.unarchived import Unarchived

CONTROL = """Database cluster state:               shut down
Latest checkpoint's REDO location:    0/5000028
Latest checkpoint's REDO WAL file:    000000030000000000000005
max_connections setting:              200
max_worker_processes setting:         8
"""


def status_files(*names: str) -> str:
    return "\n".join((*names, CONTROL))


def test_the_open_segment_counts_although_it_has_no_status_file() -> None:
    found = Unarchived.parse(status_files("000000030000000000000004.done"))

    assert found == Unarchived(count=1, oldest=("000000030000000000000005",))


def test_the_open_segment_comes_after_the_last_one_that_was_finished() -> None:
    found = Unarchived.parse(
        status_files("0000000300000000000000FF.ready", "00000003.history.done")
    )

    assert found.oldest == ("0000000300000000000000FF", "000000030000000100000000")


def test_all_are_counted_and_the_oldest_hundred_are_named() -> None:
    names = [f"0000000300000001000000{number:02X}.ready" for number in range(200)]

    found = Unarchived.parse(status_files(*names))

    assert found.count == 201
    assert found.oldest == tuple(name.removesuffix(".ready") for name in names[:100])


def test_a_listing_without_a_control_file_is_unknown_not_nothing() -> None:
    with pytest.raises(ValueError, match="no checkpoint"):
        Unarchived.parse("000000030000000000000004.ready")


def test_a_paused_recovery_names_the_setting_that_is_lower_here() -> None:
    here = {"max_connections": "100", "max_worker_processes": "8"}

    assert why_paused(CONTROL, here) == (
        "recovery is paused: max_connections is 100 here and 200 on the writer"
    )
    assert why_paused(CONTROL, {**here, "max_connections": "200"}).endswith("by hand")


def test_they_are_read_where_pg_wal_is_a_volume_of_its_own(tmp_path: Path) -> None:
    data, volume = tmp_path / "pgdata", tmp_path / "wal"
    tmp_path.chmod(0o777)
    _run(f"initdb --no-sync --pgdata={data} --waldir={volume}")

    shown = _run(COMMAND[-1].replace(PGDATA, str(data)))

    assert Unarchived.parse(shown) == Unarchived(count=1, oldest=("000000010000000000000001",))


def _run(script: str) -> str:
    argv = unprivileged(["sh", "-ec", f"PATH={POSTGRES_BIN}:$PATH; {script}"])
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
