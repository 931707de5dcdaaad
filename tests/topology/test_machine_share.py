"""An instance gets what its machine has left, and PostgreSQL's settings fit into that."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.instance_types import InstanceType
from topology.machine_share import (
    DUMP_MIB,
    OPERATORS_WAL_KEEP_MIB,
    SIDECAR_MIB,
    SMALLEST_MIB,
    MachineShare,
)

TYPES = ("t4g.medium", "m7i.large", "m7g.xlarge", "r7i.2xlarge", "m6i.8xlarge")
_MIB = {"kB": 1 / 1024, "MB": 1, "GB": 1024}


def _type(name: str) -> InstanceType:
    found = InstanceType.named(name)
    assert found
    return found


def _mib(setting: str) -> float:
    match = re.fullmatch(r"(\d+)(kB|MB|GB)", setting)
    assert match, setting
    return int(match[1]) * _MIB[match[2]]


@pytest.mark.parametrize("runs_server", [True, False])
@pytest.mark.parametrize("name", TYPES)
def test_database_sidecar_and_dump_fit_on_the_machine_together(
    name: str, runs_server: bool
) -> None:
    machine = _type(name)

    share = MachineShare.of(machine, runs_server=runs_server)

    assert share.memory_mib >= SMALLEST_MIB
    assert share.memory_mib + SIDECAR_MIB + DUMP_MIB < machine.memory_gib * 1024
    assert 0 < share.cpu_millis < machine.vcpus * 1000


def test_a_machine_that_also_runs_the_server_leaves_less() -> None:
    machine = _type("m7i.large")

    beside, alone = (MachineShare.of(machine, runs_server=server) for server in (True, False))

    assert beside.memory_mib < alone.memory_mib


@given(
    name=st.sampled_from(TYPES),
    runs_server=st.booleans(),
    max_connections=st.integers(10, 2000),
    wal_gib=st.integers(2, 500),
)
def test_settings_fit_into_the_share_and_into_pg_wal(
    name: str, runs_server: bool, max_connections: int, wal_gib: int
) -> None:
    share = MachineShare.of(_type(name), runs_server=runs_server)

    settings = share.parameters(max_connections=max_connections, wal_gib=wal_gib)

    assert _mib(settings["shared_buffers"]) <= share.memory_mib / 4
    assert _mib(settings["effective_cache_size"]) < share.memory_mib
    assert 64 <= _mib(settings["maintenance_work_mem"]) <= 1024
    assert _mib(settings["work_mem"]) >= 1
    for setting in ("max_wal_size", "max_slot_wal_keep_size"):
        assert _mib(settings[setting]) < wal_gib * 1024 / 2


@given(wal_gib=st.integers(2, 500), part=st.floats(0, 1))
def test_what_is_kept_for_others_leaves_room_for_the_checkpoints_that_are_configured(
    wal_gib: int, part: float
) -> None:
    share = MachineShare.of(_type("m7i.large"), runs_server=False)
    volume = wal_gib * 1024
    max_wal = min(volume - 1, 81 + volume * part)

    settings = {
        "wal_keep_size": f"{OPERATORS_WAL_KEEP_MIB}MB",
        **share.parameters(max_connections=200, wal_gib=wal_gib, max_wal_mib=max_wal),
    }

    for setting in ("max_slot_wal_keep_size", "wal_keep_size"):
        assert max_wal + _mib(settings[setting]) <= volume, setting


def test_where_nothing_is_configured_the_operators_own_is_kept() -> None:
    share = MachineShare.of(_type("m7i.large"), runs_server=False)

    assert "wal_keep_size" not in share.parameters(max_connections=200, wal_gib=2)


def test_every_connection_sorting_at_once_still_fits_where_connections_are_few() -> None:
    share = MachineShare.of(_type("m7i.large"), runs_server=False)

    settings = share.parameters(max_connections=200, wal_gib=10)

    used = _mib(settings["shared_buffers"]) + 200 * _mib(settings["work_mem"])
    assert used < share.memory_mib
