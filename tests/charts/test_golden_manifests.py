"""The manifests of the default configuration, as a reviewer reads them: docs/golden/."""

from pathlib import Path

import pytest

from charts.manifests import synthesize
from tests.golden import ROOT, expect_files
from topology.load import load
from topology.site import SITES, SiteName


@pytest.mark.parametrize("site", SITES)
def test_the_manifests_are_those_that_were_reviewed(
    site: SiteName, tmp_path: Path, refresh: bool
) -> None:
    paths = synthesize(load(ROOT / "config/default.yaml"), site, tmp_path)

    made = {path.name: path.read_text(encoding="utf-8") for path in paths}
    expect_files(ROOT / "docs/golden/manifests" / site, made, refresh=refresh)
