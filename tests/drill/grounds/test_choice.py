"""A ground that cannot be used is refused before anything is touched."""

from pathlib import Path

import pytest

from drill.grounds.choice import Choice, GroundUnfit
from topology.load import load


def test_the_rig_refuses_several_servers_and_names_the_field() -> None:
    with pytest.raises(GroundUnfit) as refused:
        Choice(ground="rig").check(load(Path("config/ha.yaml")))

    assert "primary.servers: 1 on the rig, whose etcd has one member" in refused.value.reasons


def test_the_embedded_ground_plays_any_configuration() -> None:
    Choice(ground="embedded").check(load(Path("config/ha.yaml")))
