"""Who stops the other region's commits by work on a site is told so before it."""

import re

import pytest

from pgtwin.rpo import WHEN_COMMITS_WAIT
from pgtwin.waiting_commits import warnings
from tests.pgtwin.conftest import REPOSITORY
from topology.load import load
from topology.topology import Topology


def topology(**fields: object) -> Topology:
    return load(REPOSITORY / "config" / "default.yaml").model_copy(update=fields)


def test_with_an_rpo_of_0_it_is_said_whose_writes_wait_for_whom() -> None:
    (said,) = warnings(topology(replication="synchronous", rpo="0"), "dr")

    assert "if commits wait for dr now, primary acknowledges no write while dr is away" in said
    page = (REPOSITORY / "docs/replication.md").read_text(encoding="utf-8")
    assert re.search(rf"^#+ {WHEN_COMMITS_WAIT}$", page, re.MULTILINE)


def test_with_seconds_of_rpo_it_is_said_that_writes_wait_after_them() -> None:
    (said,) = warnings(topology(replication="synchronous", rpo="30s"), "dr")

    assert "acknowledges no write while dr is away for longer than 30s - read: " in said


@pytest.mark.parametrize("mode", ["archive", "streaming"])
def test_where_commits_wait_for_nobody_nothing_is_said(mode: str) -> None:
    assert warnings(topology(replication=mode, rpo=None), "dr") == ()
