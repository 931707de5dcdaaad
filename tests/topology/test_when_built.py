"""What `make synth` refuses to build, an operator's command runs on where it stands."""

from typing import Any

import pytest

from topology.load import KNOWN_GOOD, load, parse
from topology.refused import Refused
from topology.rules.when_built import refuse_to_build
from topology.topology import Topology


def loaded(*, jobs: int = 2, **parameters: str) -> Topology:
    document: dict[str, Any] = load(KNOWN_GOOD).model_dump(mode="python")
    document["backups"]["dump_jobs"] = jobs
    document["dr"]["parameters"] = parameters
    document["primary"]["parameters"] = {"max_connections": parameters.get("max_connections", "20")}
    document["database"]["parameters"] = {"max_connections": "20"}
    return parse(document)


@pytest.mark.parametrize(
    ("topology", "line"),
    [
        (
            loaded(jobs=16, max_connections="20"),
            "primary.parameters.max_connections, backups.dump_jobs: at least 21 connections: 18 "
            "for a dump with 16 jobs beside the 3 that are reserved for others, not 20",
        ),
        (
            loaded(max_connections="50", reserved_connections="45"),
            "dr.parameters.max_connections, backups.dump_jobs: at least 52 connections: 4 for a "
            "dump with 2 jobs beside the 48 that are reserved for others, not 50",
        ),
        (
            loaded(statement_timeout="30s"),
            "dr.parameters.statement_timeout: 0, or at least 600s: a base backup waits in such a "
            "session for its checkpoint and for the archive, not 30s, which is 30000ms (an "
            "application's own: ALTER ROLE app_user SET statement_timeout)",
        ),
        (
            loaded(max_prepared_transactions="5"),
            "primary.parameters.max_prepared_transactions, "
            "dr.parameters.max_prepared_transactions: the same on both sites: either may become "
            "the standby, which refuses to start with less than the writer has, not 0 and 5",
        ),
    ],
    ids=["jobs", "reserved", "time-out", "more on dr"],
)
def test_the_arithmetic_is_said(topology: Topology, line: str) -> None:
    with pytest.raises(Refused) as refused:
        refuse_to_build(topology)

    assert line in [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    "topology",
    [
        loaded(jobs=15, max_connections="20"),
        loaded(max_connections="52", reserved_connections="45"),
        loaded(superuser_reserved_connections="0", reserved_connections="16"),
        loaded(statement_timeout="10min", transaction_timeout="0"),
    ],
    ids=["jobs", "reserved", "no superuser's", "time-out"],
)
def test_what_is_just_enough_is_built(topology: Topology) -> None:
    refuse_to_build(topology)
