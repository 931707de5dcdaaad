"""The manifests of the default configuration, as a reviewer reads them: docs/golden/.

Scripts are reviewed where they are, in charts/dump/, and named in their place.
"""

from pathlib import Path
from textwrap import indent

import pytest

from charts.dump_job import SCRIPTS
from charts.manifests import synthesize
from tests.golden import ROOT, expect_files
from topology.load import load
from topology.site import SITES, SiteName
from topology.topology import Replication


def _reviewed(manifest: str) -> str:
    for script in sorted(SCRIPTS.iterdir()):
        if script.is_file():
            text = indent(script.read_text(encoding="utf-8"), "    ")
            manifest = manifest.replace(text, f"    <charts/dump/{script.name}>\n")
    return manifest


@pytest.mark.parametrize("site", SITES)
def test_the_manifests_are_those_that_were_reviewed(
    site: SiteName, tmp_path: Path, refresh: bool
) -> None:
    paths = synthesize(load(ROOT / "config/default.yaml"), site, tmp_path)

    made = {path.name: _reviewed(path.read_text(encoding="utf-8")) for path in paths}
    assert "<charts/dump/dump.sh>" in made["61-dump.yaml"]
    expect_files(ROOT / "docs/golden/manifests" / site, made, refresh=refresh)


CHANGES: list[tuple[Replication, Replication, set[str]]] = [
    ("archive", "streaming", {"30-network-policies.yaml", "50-cluster.yaml"}),
    ("streaming", "synchronous", {"50-cluster.yaml"}),
]


@pytest.mark.parametrize(("less", "more", "files"), CHANGES, ids=["streaming", "synchronous"])
@pytest.mark.parametrize("site", SITES)
def test_what_each_mode_of_replication_changes_of_them_was_reviewed(
    site: SiteName,
    less: Replication,
    more: Replication,
    files: set[str],
    tmp_path: Path,
    refresh: bool,
) -> None:
    """Beside those of the mode before: the files that differ, whole."""
    default = load(ROOT / "config/default.yaml")

    before, after = (
        {
            path.name: _reviewed(path.read_text(encoding="utf-8"))
            for path in synthesize(
                default.model_copy(update={"replication": mode}), site, tmp_path / mode
            )
        }
        for mode in (less, more)
    )

    changed = {name: text for name, text in after.items() if text != before[name]}
    assert changed.keys() == files
    expect_files(ROOT / "docs/golden" / more / site, changed, refresh=refresh)
