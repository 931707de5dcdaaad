"""The templates of the default configuration, as a reviewer reads them: docs/golden/.

Hashes of assets change with every line of the host program, so they are masked.
"""

import json
import re

import pytest

from tests.golden import ROOT, expect_files
from tests.stacks.synthesised import Synthesised
from topology.site import SITES, SiteName

_HASH = re.compile(r"[0-9a-f]{64}")


@pytest.mark.parametrize("site", SITES)
def test_the_templates_are_those_that_were_reviewed(
    default: Synthesised, site: SiteName, refresh: bool
) -> None:
    made = {
        name: _HASH.sub("<sha256>", json.dumps(template, indent=1)) + "\n"
        for name, template in default.templates(site).items()
    }

    expect_files(ROOT / "docs/golden/templates" / site, made, refresh=refresh)
