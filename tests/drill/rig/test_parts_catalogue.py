"""The catalogue of parts agrees with what the project deploys."""

from drill.rig.parts.catalogue import PARTS
from drill.rig.parts.part import keys
from topology.versions import Versions

VERSIONS = {part.name: part.version for part in PARTS}


def test_every_part_has_a_name_of_its_own_and_comes_after_what_it_needs() -> None:
    names = [part.name for part in PARTS]
    assert len(set(names)) == len(names)
    for part in PARTS:
        assert all(names.index(need) < names.index(part.name) for need in part.needs), part.name


def test_every_key_can_be_computed_from_the_checkout_alone() -> None:
    assert keys(PARTS).keys() == VERSIONS.keys()


def test_kubernetes_is_the_release_that_k3s_embeds() -> None:
    assert VERSIONS["kubernetes"] == Versions().k3s.version.partition("+")[0]


def test_the_plugin_is_the_one_that_the_project_deploys() -> None:
    assert VERSIONS["plugin"] == Versions().plugin_barman_cloud
