"""The mode that a drill deploys, and with it how long commits wait for the other region."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from drill import deployed_mode
from topology.topology import Replication

ASKED: dict[str, Any] = yaml.safe_load(Path("config/default.yaml").read_text(encoding="utf-8"))


def _written(
    replication: Replication | None,
    rpo: str | None = None,
    own: Mapping[str, str | int] = MappingProxyType({}),
) -> tuple[str, str | int | None]:
    document = {**ASKED, **own}
    deployed_mode.write(document, replication, rpo)
    return document["replication"], document.get("rpo")


def test_a_mode_whose_commits_wait_has_a_promise_and_no_other_has() -> None:
    waits = {"replication": "synchronous", "rpo": "30s"}

    assert _written("synchronous") == ("synchronous", deployed_mode.RPO)
    assert _written("synchronous", "0") == ("synchronous", "0")
    assert _written(None, own=waits) == ("synchronous", "30s")
    assert _written(None, own={"replication": "synchronous", "rpo": 0}) == ("synchronous", 0)
    assert _written(None, "0", own=waits) == ("synchronous", "0")
    assert _written("streaming", own=waits) == ("streaming", None)
    assert _written(None) == ("archive", None)
    assert _written("streaming", "0") == ("streaming", "0"), "refused, not left out in silence"
