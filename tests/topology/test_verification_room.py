"""What `make synth` plans a data volume for is what a verification asks of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from host.verification import room
from topology.load import KNOWN_GOOD, load, parse
from topology.refused import Refused
from topology.rules.machines import OVERHEAD_GIB
from topology.rules.verification import COPIES, KEPT_FREE, WAL_GIB, verification
from topology.rules.when_built import refuse_to_build
from topology.topology import Topology

CONFIGS = sorted(KNOWN_GOOD.parent.glob("*.yaml"))


def planned(volume_gib: int, **database: Any) -> Topology:
    document = yaml.safe_load(KNOWN_GOOD.read_text())
    document["database"] |= database
    for site in ("primary", "dr"):
        document[site]["data_volume_gib"] = volume_gib
    return parse(document)


def test_both_reckon_with_the_same_copies() -> None:
    assert (room.COPIES, room.WAL_BYTES, room.KEPT_FREE) == (COPIES, WAL_GIB * 1024**3, KEPT_FREE)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_shipped_configurations_have_room(path: Path) -> None:
    refuse_to_build(load(path))


@given(storage=st.integers(1, 2000), wal=st.integers(2, 200), volume=st.integers(100, 65536))
def test_what_is_not_refused_has_room_when_the_database_is_as_planned(
    storage: int, wal: int, volume: int
) -> None:
    try:
        topology = planned(volume, storage_gib=storage, wal_gib=wal)
    except Refused:
        return  # too small for the database alone
    used = storage + wal + OVERHEAD_GIB
    free = volume * (1 - KEPT_FREE) - used
    fits = COPIES * storage + WAL_GIB <= free

    assert (not list(verification(topology))) == fits


def test_the_arithmetic_is_said_for_each_site() -> None:
    with pytest.raises(Refused) as refused:
        refuse_to_build(planned(100))

    told = [str(problem) for problem in refused.value.problems]
    assert [text.partition(".")[0] for text in told] == ["primary", "dr"]
    assert "at least 205 GiB for a database of 40: 40 + WAL 10 + 10 for images" in told[0]
    assert "+ 124 for a verification (3 x 40 + 4), and a tenth kept free; with 100" in told[0]
    assert "more than 16 GiB are no longer verified" in told[0]
