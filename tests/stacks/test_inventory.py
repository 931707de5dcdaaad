"""One reviewed list a site of everything that is built, so that nothing comes or goes unseen.

After a change that is meant run `make refresh`, and review the difference.
"""

import re

import pytest

from tests.stacks.synthesised import ROOT, Synthesised, resolve
from topology.site import SITES, SiteName

FOLDER = ROOT / "tests/stacks/inventory"
NAMED_BY = (
    "BucketName",
    "AliasName",
    "RoleName",
    "AlarmName",
    "TopicName",
    "Name",
    "GroupDescription",
    "Description",
    "AvailabilityZone",
    "CidrBlock",
)


def inventory(each: Synthesised, site: SiteName) -> str:
    lines = []
    for file, template in each.templates(site).items():
        nested = re.sub(r"^(Primary|Dr)Stack|[0-9A-F]{8}|(\.nested)?\.template\.json", "", file)
        for resource in template["Resources"].values():
            properties = resolve(resource.get("Properties", {}), each.topology.site(site).region)
            tags = properties.get("Tags", [])
            nodes = [
                tag["Value"]
                for tag in tags
                if isinstance(tag, dict) and tag["Key"] in ("Name", "pgtwin:node")
            ]
            named = [properties[key] for key in NAMED_BY if isinstance(properties.get(key), str)]
            kept = " (kept)" if resource.get("DeletionPolicy") == "RetainExceptOnCreate" else ""
            lines.append(" ".join([nested or "-", resource["Type"], *(nodes + named)[:1]]) + kept)
    return "\n".join(sorted(lines)) + "\n"


@pytest.mark.parametrize("site", SITES)
def test_builds_what_was_reviewed(default: Synthesised, site: SiteName, refresh: bool) -> None:
    golden = FOLDER / f"{site}.txt"
    if refresh:
        golden.write_text(inventory(default, site))

    assert golden.read_text() == inventory(default, site), "out of date - run: make refresh"
