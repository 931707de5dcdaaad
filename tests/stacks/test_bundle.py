"""What travels to the machines, and that nothing but its content decides its bytes."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from host.bundle.site_document import SiteDocument
from stacks.__main__ import main
from stacks.build_bundle import build_bundle
from stacks.site_document import site_document
from tests.stacks.synthesised import ROOT, Synthesised
from topology.load import load
from topology.names import ACCOUNT_PLACEHOLDER
from topology.site import SITES, SiteName

site_of = pytest.mark.parametrize("site", SITES)


def content(each: Synthesised, site: SiteName) -> dict[str, bytes]:
    with zipfile.ZipFile(each.folder / f"bundle-{site}.zip") as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


@site_of
def test_holds_the_program_the_site_and_every_manifest(each: Synthesised, site: SiteName) -> None:
    names = set(content(each, site))

    reviewed = {path.stem for path in (each.folder / "manifests" / site).iterdir()}
    assert names == {"host.pyz", "site.json", *(f"manifests/{name}.json" for name in reviewed)}
    assert reviewed


@site_of
def test_carries_manifests_as_arrays_of_objects(each: Synthesised, site: SiteName) -> None:
    for name, text in content(each, site).items():
        if name.startswith("manifests/"):
            objects = json.loads(text)
            assert objects
            assert all({"apiVersion", "kind", "metadata"} <= item.keys() for item in objects)


@site_of
def test_describes_the_site_as_the_host_program_reads_it(each: Synthesised, site: SiteName) -> None:
    here = each.topology.site(site)
    document = SiteDocument.parse(content(each, site)["site.json"].decode())

    assert document.site == site
    assert document.cluster == here.cluster
    assert len(document.nodes) == here.servers + here.agents
    assert {node.zone for node in document.nodes} <= set(here.zones)


@site_of
def test_leaves_no_placeholder_but_the_account(each: Synthesised, site: SiteName) -> None:
    for name, text in content(each, site).items():
        if not name.endswith(".pyz"):
            left = set(re.findall(r"__[A-Z][A-Z0-9_]*__|\$\{Token", text.decode()))
            assert left <= {ACCOUNT_PLACEHOLDER}


def test_is_the_same_in_every_place_and_at_every_time(tmp_path: Path) -> None:
    topology = load(ROOT / "config/default.yaml")
    first = build_bundle(topology, "primary", tmp_path / "first")
    for source in (ROOT / "host").glob("*.py"):
        os.utime(source)

    second = build_bundle(topology, "primary", tmp_path / "second")

    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.sha256 == second.sha256


def test_a_larger_data_volume_is_another_bundle_so_that_every_machine_hears_of_it() -> None:
    topology = load(ROOT / "config/default.yaml")
    primary = topology.primary.model_copy(update={"data_volume_gib": 300})

    larger = site_document(topology.model_copy(update={"primary": primary}), "primary")

    assert larger != site_document(topology, "primary")


def test_points_at_the_bundle_by_its_own_hash(each: Synthesised) -> None:
    for site in SITES:
        (pointer,) = [
            json.loads(parameter["Value"])
            for parameter in each.properties(site, "AWS::SSM::Parameter")
            if parameter["Name"] == each.topology.names.bundle_parameter(site)
        ]
        bundle = (each.folder / f"bundle-{site}.zip").read_bytes()
        assert pointer["sha256"] == hashlib.sha256(bundle).hexdigest()
        assert (each.folder / "cdk.out" / f"asset.{pointer['key']}").read_bytes() == bundle
        assert readable(each, site, pointer["bucket"])


def readable(each: Synthesised, site: SiteName, bucket: str) -> bool:
    roles: list[Any] = each.properties(site, "AWS::IAM::Role")
    return f"arn:aws:s3:::{bucket}/*.zip" in json.dumps(roles)


def test_holds_a_program_that_runs(default: Synthesised, tmp_path: Path) -> None:
    program = tmp_path / "host.pyz"
    program.write_bytes(content(default, "dr")["host.pyz"])

    run = subprocess.run(
        [sys.executable, str(program), "--help"], check=True, capture_output=True, text=True
    )

    assert "promote" in run.stdout
    assert zipfile.is_zipfile(io.BytesIO(program.read_bytes()))


def test_the_command_that_builds_says_what_is_wrong_with_a_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.yaml"
    text = (ROOT / "config/default.yaml").read_text()
    bad.write_text(text.replace("10.1.0.0/16", "10.0.0.0/16"))

    assert main([str(bad), str(tmp_path / "build")]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{bad}: ")
    assert "cidr" in line
    assert not (tmp_path / "build").exists()


def test_the_command_that_builds_without_a_folder_says_what_it_needs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])

    assert ended.value.code == 2
    assert "the following arguments are required: CONFIG, BUILD" in capsys.readouterr().err
