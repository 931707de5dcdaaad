"""`pgtwin status` where commits wait for the other region: what the writer's site says of it."""

from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import pytest

from pgtwin.commands.status_table import status_text
from pgtwin.commands.survey import survey
from pgtwin.errors import SiteUnreachable
from pgtwin.site_state import SiteState
from tests.golden import ROOT
from topology.load import load
from topology.site import SITES, SiteName

NOTE = "2026-11-27T03:12:00+00:00"


class Site:
    """Answers as the host program of a site with this mode does."""

    def __init__(self, name: SiteName, other_region: Any, *, slow: bool = False) -> None:
        writes = name == "primary"
        self._slow = slow
        self._state = SiteState(
            site=name,
            role="writer" if writes else "replica",
            accepts_writes=writes,
            healthy=True,
            fenced=False,
            following=not writes,
            server_name=name,
            heartbeat_age_seconds=3.0,
            streams=not writes,
        )
        self._other_region = other_region if writes else None

    def observe(self) -> SiteState:
        return self._state

    def status(self, *, within_seconds: float) -> dict[str, Any]:
        if self._slow:
            raise SiteUnreachable(f"no answer within {within_seconds} s")
        return {"state": asdict(self._state), "other_region": self._other_region}

    def read_record(self) -> None:
        return None

    def alias(self) -> SiteName:
        return "primary"


def shown(other_region: Any, *, slow: bool = False) -> dict[str, Any]:
    topology = load(ROOT / "config" / "default.yaml")
    desk: Any = SimpleNamespace(
        topology=topology.model_copy(update={"replication": "synchronous", "rpo": "30s"}),
        sites={name: Site(name, other_region, slow=slow) for name in SITES},
    )
    return survey(desk)


def test_an_rpo_of_0_is_told_where_the_writers_site_says_that_the_promise_is_kept() -> None:
    document = shown({"now": "kept", "degraded_since": None})

    assert document["good"]
    assert "RPO now: 0 (synchronous)" in status_text(document)
    assert document["rpo"]["bounded_by"] == "synchronous"
    assert document["rpo"]["commits"] == "kept"


def test_a_writer_that_let_commits_go_is_told_with_since_when_and_what_bounds_the_loss() -> None:
    document = shown({"now": "degraded", "degraded_since": NOTE})

    assert not document["good"]
    assert "RPO now: at most 3 s (stream)" in document["verdict"]
    assert f"commits may go on without the other region since {NOTE}" in document["verdict"]
    assert document["rpo"]["since"] == NOTE
    assert document["rpo"]["bounded_by"] == "stream"


@pytest.mark.parametrize(
    ("other_region", "page"),
    [
        ({"now": "degraded", "degraded_since": NOTE}, "docs/runbooks/degraded-replication.md"),
        ({"now": "waits", "degraded_since": None}, "docs/replication.md, 'When commits wait'"),
        (None, "docs/replication.md, 'What status says'"),
    ],
)
def test_where_the_promise_is_not_kept_the_line_names_one_page_and_that_of_this_case(
    other_region: Any, page: str
) -> None:
    line = shown(other_region)["verdict"]

    assert line.endswith(f" - read: {page}")
    assert line.count("read: ") == 1
    assert (ROOT / page.partition(",")[0]).is_file()


@pytest.mark.parametrize(("other_region", "slow"), [(None, False), ({"now": "kept"}, True)])
def test_a_writers_site_that_does_not_say_is_not_taken_for_one_that_keeps_it(
    other_region: Any, slow: bool
) -> None:
    """Such as a document that is late, where only the state came."""
    document = shown(other_region, slow=slow)

    assert not document["good"]
    assert "RPO now: at most 3 s (stream)" in document["verdict"]
    assert document["rpo"]["commits"] == "unknown"
