"""docs/security.md says of the CIS benchmark what the files show that machines are given."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from host.machine.paths import K3S_DATA
from host.setup.machine_settings import SYSCTLS, write_kubelet_settings
from tests.golden import ROOT
from tests.host.boot.cis_controls import CONTROLS, Control, table
from tests.host.boot.cis_given import Given
from tests.host.boot.test_host_k3s_settings import NODES, config_of
from tests.host.boot.world import World
from topology.site import SITES


def manifests(site: str) -> list[Path]:
    return sorted((ROOT / f"docs/golden/manifests/{site}").glob("*.yaml"))


@pytest.fixture
def given(world: World) -> list[Given]:
    """Of each server of every shipped configuration, with the manifests of either site."""
    server = world.machine("server-1")
    write_kubelet_settings(server.machine)
    (file,) = (server.root / f"{K3S_DATA}/agent/etc/kubelet.conf.d".lstrip("/")).iterdir()
    kubelet = json.loads(file.read_text(encoding="utf-8"))
    yaml = YAML(typ="safe", pure=True)
    objects = {
        site: tuple(each for path in manifests(site) for each in yaml.load_all(path) if each)
        for site in SITES
    }
    return [
        Given(
            config=config_of(document, node),
            kubelet=kubelet,
            sysctls=SYSCTLS,
            manifests=objects[site],
        )
        for document, node in NODES
        for site in SITES
        if node.role == "server"
    ]


@pytest.mark.parametrize("control", CONTROLS, ids=[each.numbers for each in CONTROLS])
def test_a_control_has_the_result_that_is_written(control: Control, given: list[Given]) -> None:
    assert [each for each in given if not control.holds(each)] == []


def test_the_table_of_the_documentation_is_made_of_these_controls() -> None:
    assert table() in (ROOT / "docs/security.md").read_text(encoding="utf-8")
