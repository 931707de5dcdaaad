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


def test_the_distance_and_replication_of_a_users_clusters_are_theirs() -> None:
    choice = Choice(ground="clusters", distance_seconds=0.08)

    with pytest.raises(GroundUnfit) as refused:
        choice.check(load(Path("config/default.yaml")))

    assert any("replication and distance are what is" in reason for reason in refused.value.reasons)


def test_a_users_clusters_have_no_guard_for_commits_that_wait() -> None:
    mode = {"replication": "synchronous", "rpo": "0"}

    with pytest.raises(GroundUnfit) as refused:
        Choice(ground="clusters").check(load(Path("config/default.yaml")).model_copy(update=mode))

    assert any("the guard of the host program is missing" in why for why in refused.value.reasons)
