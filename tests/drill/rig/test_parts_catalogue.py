"""The catalogue of parts agrees with what the project deploys."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from charts.manifests import synthesize
from drill.rig.emulated import EMULATED
from drill.rig.parts.catalogue import PARTS
from drill.rig.parts.chart_repository import ChartRepository
from drill.rig.parts.go_module import pinned
from drill.rig.parts.image import Image
from drill.rig.parts.inventory import stand_ins
from drill.rig.parts.part import keys
from topology.load import load
from topology.site import SITES
from topology.versions import PLUGIN_OF_CHART, Versions

CONFIG = Path(__file__).parents[3] / "config" / "default.yaml"
VERSIONS = {part.name: part.version for part in PARTS}
IMAGES = {part.recipe.reference for part in PARTS if isinstance(part.recipe, Image)}


def test_every_part_has_a_name_of_its_own_and_comes_after_what_it_needs() -> None:
    names = [part.name for part in PARTS]
    assert len(set(names)) == len(names)
    for part in PARTS:
        assert all(names.index(need) < names.index(part.name) for need in part.needs), part.name


def test_every_key_is_computed_from_the_checkout_alone_and_is_the_same_twice() -> None:
    assert keys(PARTS) == keys(PARTS)
    assert keys(PARTS).keys() == VERSIONS.keys()


def test_the_catalogue_starts_neither_the_cdk_nor_node() -> None:
    """Tests of the contract import it, and have nothing to do with synthesis."""
    asked = "import drill.rig.parts, sys; print('jsii' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_an_image_needs_every_part_that_it_is_made_from() -> None:
    for part in PARTS:
        if isinstance(part.recipe, Image):
            sources = {path.partition("/")[0] for path in part.recipe.programs}
            assert sources | set(part.recipe.layers) == set(part.needs), part.name


def test_kubernetes_is_the_release_that_k3s_embeds() -> None:
    assert VERSIONS["kubernetes"] == Versions().k3s.version.partition("+")[0]


def test_the_plugin_is_the_one_that_the_project_deploys() -> None:
    assert VERSIONS["plugin"] == Versions().plugin_barman_cloud
    assert VERSIONS["plugin"] == PLUGIN_OF_CHART[Versions().chart_plugin_barman_cloud]


def test_monitoring_is_the_release_that_the_operator_is_compiled_with() -> None:
    types = "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring"

    assert VERSIONS["prometheus-operator-definitions"] == pinned("cloudnative-pg", types)


def test_cert_manager_is_the_one_that_the_project_deploys() -> None:
    assert VERSIONS["cert-manager"] == Versions().chart_cert_manager


def test_every_image_of_the_synthesised_manifests_is_a_part(tmp_path: Path) -> None:
    topology = load(CONFIG)
    for site in SITES:
        for path in synthesize(topology, site, tmp_path / site):
            for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
                assert set(_images(document)) <= IMAGES, path.name


def test_every_chart_of_the_synthesised_manifests_is_in_the_repository(tmp_path: Path) -> None:
    (recipe,) = (part.recipe for part in PARTS if isinstance(part.recipe, ChartRepository))
    made = [each.chart for each in recipe.made_from_manifests]
    offered = {(chart.repository, chart.name, chart.version) for chart in made}
    offered |= {(chart.repository, chart.name, chart.version) for chart in recipe.of_modules}

    for path in synthesize(load(CONFIG), "primary", tmp_path):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if document and document["kind"] == "HelmChart":
                spec = document["spec"]
                assert (spec["repo"], spec["chart"], spec["version"]) in offered, path.name


def _images(value: Any) -> Iterator[str]:
    """Every image that a document names, however deep."""
    if isinstance(value, list):
        for each in value:
            yield from _images(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in {"image", "imageName"} and isinstance(each, str):
                yield each
            else:
                yield from _images(each)


def test_what_stands_in_for_a_part_is_said_once() -> None:
    said = " ".join([*EMULATED, *stand_ins()])

    for part in PARTS:
        if part.stands_in_for:
            assert said.count(part.stands_in_for) == 1, part.name
