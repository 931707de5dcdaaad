"""The policies of people as files beside the templates."""

import json
from pathlib import Path
from typing import Any

import pytest

from stacks.allow import Allow, policy, together
from stacks.people_rights import PEOPLE, people_rights
from stacks.policies import write_policies
from tests.stacks.synthesised import ROOT
from topology.load import load, parse
from topology.names import ACCOUNT_PLACEHOLDER
from topology.refused import Refused
from topology.regions import REGIONS
from topology.site import SITES


def test_each_file_holds_the_policy_that_is_judged(tmp_path: Path) -> None:
    topology = load(ROOT / "config/default.yaml")

    write_policies(topology, tmp_path)

    wanted = {
        who: policy(rows) for who, rows in people_rights(topology, ACCOUNT_PLACEHOLDER).items()
    }
    found = {who: json.loads((tmp_path / f"{who}.json").read_text()) for who in PEOPLE}
    assert found == json.loads(json.dumps(wanted))


def _longest() -> dict[str, Any]:
    """A configuration with every name as long as the loader takes it."""
    document = load(ROOT / "config/default.yaml").model_dump(mode="python")
    document["name"] = "n" * 24
    document["database"]["owner"] = "o" * 63
    regions = sorted(REGIONS, key=len)[-2:]
    for site, region in zip(SITES, regions, strict=True):
        document[site] |= {"region": region, "zones": [f"{region}a"], "instances": 1}
        document[site] |= {"bucket": f"{site:b<45}", "cluster": f"{site:c<40}"}
    return document


@pytest.mark.parametrize("who", PEOPLE)
def test_a_persons_policy_fits_into_a_role_also_with_the_longest_names(who: str) -> None:
    document = _longest()
    for site in SITES:
        longer = {**document, site: {**document[site], "bucket": document[site]["bucket"] + "b"}}
        with pytest.raises(Refused):
            parse(longer)

    rows = people_rights(parse(document), "0" * 12)[who]

    assert len(json.dumps(policy(rows), separators=(",", ":"))) < 10_240


def test_rows_of_the_same_actions_under_the_same_conditions_are_one() -> None:
    site = {"StringEquals": {"site": "dr"}}
    rows = [
        Allow(sid="RunPrimary", actions=("a",), resources=("x",)),
        Allow(sid="RunDr", actions=("a",), resources=("y*",), wildcard="Why."),
        Allow(sid="Other", actions=("a",), resources=("z",), conditions=site),
        Allow(sid="More", actions=("a", "b"), resources=("x",)),
    ]

    assert together(rows) == (
        Allow(sid="Run", actions=("a",), resources=("x", "y*"), wildcard="Why."),
        *rows[2:],
    )


@pytest.mark.parametrize("who", PEOPLE)
def test_every_row_of_a_policy_has_a_name_of_its_own(who: str) -> None:
    rows = people_rights(parse(_longest()), "0" * 12)[who]

    assert len({row.sid for row in rows}) == len(rows)
