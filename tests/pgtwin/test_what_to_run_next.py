"""Whatever is wrong, the line that says so names what to run next, or the page to read: one of them
in a refusal, and one at most for each thing that a status finds wrong.
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from pgtwin import failback_check, switchover_check, takeover
from pgtwin.errors import unchanged
from pgtwin.failback_check import BOTH_GONE
from pgtwin.record import Record
from pgtwin.rpo import Rpo
from pgtwin.site_state import SiteState
from pgtwin.verdict import verdict
from tests.golden import ROOT
from tests.pgtwin.read_copies import read_everywhere, read_where_a_site_answers
from topology.site import SITES, SiteName, other_site

NEXT = re.compile(r" - .*?(?:run: |repeat: |read: |edit `)", re.DOTALL)
HINT = re.compile(r"(?<!then )(?:run: |repeat: |read: |edit `)")
"""What a next step begins with; a `then` goes on with the same one."""
WRITER = {"role": "writer", "accepts_writes": True, "following": False}
DOWN = {**WRITER, "accepts_writes": False, "healthy": False}
REPLICA = {"role": "replica", "accepts_writes": False, "following": True}
SEEN: dict[str, dict[str, Any]] = {
    "writes": WRITER,
    "commits hang": {**WRITER, "commits_stalled": "3 sessions wait for the disk"},
    "its archive is slow": {**WRITER, "archive_slow": "9 segments wait"},
    "a backup runs": {**WRITER, "backup_running": True},
    "clients are kept out": {**WRITER, "clients_admitted": False},
    "writes and is fenced outside": {**WRITER, "fenced": True},
    "is down": DOWN,
    "may write": {**DOWN, "accepts_writes": None},
    "is a stopped writer": {**DOWN, "fenced": True},
    "follows": REPLICA,
    "follows and is not healthy": {**REPLICA, "healthy": False},
    "has no heartbeat": {**REPLICA, "heartbeat_age_seconds": None},
    "is late": {**REPLICA, "following": False},
    "has paused": {**REPLICA, "following": False, "recovery_paused": "max_connections differs"},
    "was demoted": {**REPLICA, "demotion_token": "t"},
    "is a stopped replica": {**REPLICA, "fenced": True, "following": False},
    "is gone": {**REPLICA, "exists": False, "following": False, "healthy": False},
}
NOWHERE: dict[SiteName, SiteName | None] = {}
CROSSED: dict[SiteName, SiteName | None] = {"primary": "dr", "dr": "primary"}
"""Where each region's name of the writer leads."""
RECORDS = (
    None,
    *(
        Record(epoch=3, writer=writer, server_names={"primary": "p", "dr": "d"}, token=token)
        for writer in SITES
        for token in (None, "", "t")
    ),
)


def state(site: SiteName, **fields: Any) -> SiteState:
    return SiteState(
        **{
            "site": site,
            "healthy": True,
            "fenced": False,
            "server_name": site,
            "heartbeat_age_seconds": 12.0,
            **fields,
        }
    )


def pairs() -> Iterator[tuple[SiteState, SiteState]]:
    for primary, dr in product(SEEN.values(), SEEN.values()):
        yield state("primary", **primary), state("dr", **dr)


def looks() -> Iterator[tuple[SiteState | None, SiteState | None]]:
    yield from pairs()
    yield None, None
    for each in SEEN.values():
        yield state("primary", **each), None
        yield None, state("dr", **each)


@pytest.mark.parametrize("record", RECORDS, ids=str)
def test_a_status_that_is_not_good_names_one_next_step_for_what_is_wrong(
    record: Record | None,
) -> None:
    degraded = Rpo(bounded_by="archive", degraded=True)
    for (primary, dr), hangs in product(looks(), (False, True)):
        states: dict[SiteName, SiteState | None] = {"primary": primary, "dr": dr}
        copies = (read_everywhere(record), read_where_a_site_answers(states, record))
        for read, rpo, aliases in product(copies, (None, degraded), (NOWHERE, CROSSED)):
            found = verdict(
                states,
                read,
                "primary",
                rpo=rpo,
                hanging=[name for name in SITES if hangs and states[name] is None],
                aliases=aliases,
            )

            assert found.good or NEXT.search(found.text), found.text
            assert all(len(HINT.findall(each)) < 2 for each in found.text.split("; ")), found.text


@pytest.mark.parametrize("record", RECORDS, ids=str)
def test_a_refusal_names_one_next_step_after_what_is_safe(record: Record | None) -> None:
    for each in pairs():
        for site, other in (each, each[::-1]):
            problems = [
                takeover.why_not(site, record, other=other),
                takeover.why_not(site, record, other=None, other_is_silent=True),
            ]
            if record is not None:
                problems.append(switchover_check.why_not(record, old=other, new=site))
            for problem in filter(None, problems):
                said = unchanged(problem)
                found = NEXT.search(said)

                assert found, said
                assert len(HINT.findall(said)) == 1, said
                assert said.index("nothing was changed") < found.start(), said


def test_a_site_that_a_failover_has_stopped_is_brought_back_and_not_started_by_hand() -> None:
    record = Record(epoch=3, writer="dr", server_names={"primary": "p", "dr": "d"}, token=None)
    states: dict[SiteName, SiteState | None] = {"primary": None, "dr": state("dr", **WRITER)}

    said = verdict(states, read_where_a_site_answers(states, record), "dr").text

    assert said.endswith("once its region is back, run: pgtwin failback --site primary --stay")


@pytest.mark.parametrize("site", SITES)
def test_where_both_clusters_are_gone_the_page_on_that_is_named(site: SiteName) -> None:
    gone = {name: state(name, **SEEN["is gone"]) for name in SITES}
    record = Record(epoch=3, writer="primary", server_names={"primary": "p", "dr": "d"}, token="")
    other = gone[other_site(site)]
    states: dict[SiteName, SiteState | None] = {**gone}

    assert verdict(states, read_everywhere(record), "primary").text.endswith(BOTH_GONE)
    assert str(takeover.why_not(gone[site], record, other=other)).endswith(BOTH_GONE)
    refused = str(switchover_check.why_not(record, old=other, new=gone[site]))
    assert refused.endswith(BOTH_GONE)
    back = failback_check.brought_back(site, record, state=gone[site], writer=other)
    assert back == BOTH_GONE
    assert "## Both Clusters are gone\n" in (ROOT / "docs/restore.md").read_text(encoding="utf-8")
