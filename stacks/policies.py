"""The policies of people as files, for a permission set or a role of the account's own making."""

import json
from pathlib import Path

from stacks.allow import policy
from stacks.people_rights import people_rights
from topology.names import ACCOUNT_PLACEHOLDER
from topology.topology import Topology


def write_policies(topology: Topology, folder: Path) -> None:
    """Write `operator.json` and `reader.json`; the account's id is to be put in."""
    folder.mkdir(parents=True, exist_ok=True)
    for who, rows in people_rights(topology, ACCOUNT_PLACEHOLDER).items():
        text = json.dumps(policy(rows), indent=2) + "\n"
        (folder / f"{who}.json").write_text(text, encoding="utf-8")
