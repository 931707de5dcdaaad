"""The policies of people as files beside the templates."""

import json
from pathlib import Path

from stacks.allow import policy
from stacks.people_rights import PEOPLE, people_rights
from stacks.policies import write_policies
from tests.stacks.synthesised import ROOT
from topology.load import load
from topology.names import ACCOUNT_PLACEHOLDER


def test_each_file_holds_the_policy_that_is_judged(tmp_path: Path) -> None:
    topology = load(ROOT / "config/default.yaml")

    write_policies(topology, tmp_path)

    wanted = {
        who: policy(rows) for who, rows in people_rights(topology, ACCOUNT_PLACEHOLDER).items()
    }
    found = {who: json.loads((tmp_path / f"{who}.json").read_text()) for who in PEOPLE}
    assert found == json.loads(json.dumps(wanted))
