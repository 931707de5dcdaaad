"""A major upgrade of both sites: its order, its ways back, and its repetition."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgtwin.execute import Position, execute
from pgtwin.major_upgrade import major_upgrade
from pgtwin.record import Record
from pgtwin.run import Run
from pgtwin.upgradable_site import UpgradableSite
from pgtwin.upgrade_check import why_not
from pgtwin.wal_position import reaches
from tests.pgtwin.upgradable_pair import CLUSTERS, NEW, OLD, Pair
from topology.site import SiteName


class Clock:
    """Time passes only while somebody waits."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 26, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class Quiet:
    """A journal that keeps nothing."""

    def note(self, step: str, event: str, detail: str = "") -> None:
        """Nothing."""


def upgrade(pair: Pair, left: list[str] | None = None) -> Position:
    sites = cast("dict[SiteName, UpgradableSite]", pair.sites)
    run = Run(
        id="r1",
        owner="o",
        what="upgrade --postgres",
        sites=sites,
        clusters=CLUSTERS,
        clock=Clock(),
        tell=lambda _: None,
        confirm=lambda _text, _word: None,
    )
    ended = execute(major_upgrade(run, sites, to=NEW), lambda: None, Quiet())
    (left if left is not None else []).extend(run.left)
    return ended


def pair(*mishaps: str, **values: Any) -> Pair:
    return Pair(mishaps=iter(mishaps), **values)


def test_the_old_version_is_backed_up_and_the_replica_is_cloned_last() -> None:
    both = pair()

    assert upgrade(both).outcome == "done"

    acts = [act for act in both.said if "record" not in act]
    assert acts == [
        *("primary: dump", "primary: back up", "primary: stop", "primary: convert"),
        *("primary: start", "primary: back up", "dr: follow", "primary: analyze"),
    ]
    newest = both.records["dr"]
    assert newest is not None
    assert newest == both.records["primary"]
    assert newest.server_names == {"primary": "p-g2", "dr": "d-g2"}
    assert newest.writer == "primary"


@pytest.mark.parametrize("after_an_upgrade", [True, False])
def test_where_both_sites_have_the_version_neither_a_record_nor_a_writer_is_touched(
    *,
    after_an_upgrade: bool,
) -> None:
    both = pair()
    if after_an_upgrade:
        upgrade(both)
    else:
        for site in both.sites.values():
            site.state = replace(site.state, postgres=NEW, requested_postgres=NEW)
    records, done = dict(both.records), len(both.said)

    assert upgrade(both).outcome == "done"

    assert both.said[done:] == ["primary: analyze"]
    assert both.records == records


def test_statistics_that_cannot_be_made_are_left_to_do_beside_a_whole_replica() -> None:
    both, left = pair(unanalyzable="statement timeout"), list[str]()

    ended = upgrade(both, left)

    assert (ended.outcome, left) == ("done", ["make the writer's statistics"])
    assert both.sites["dr"].state.postgres == NEW


def test_both_records_name_the_new_archive_before_the_new_version_starts() -> None:
    both = pair()

    upgrade(both)

    before_start = both.said[: both.said.index("primary: start")]
    assert before_start[-2:] == ["primary: record", "dr: record"]


def test_data_that_pg_upgrade_refuses_writes_on_in_the_old_version() -> None:
    both = pair(refuses="pg_upgrade refused p: regproc")

    ended = upgrade(both)

    assert ended.outcome == "rolled back"
    assert "regproc" in ended.problem
    writer = both.sites["primary"].state
    assert writer.accepts_writes
    assert (writer.postgres, writer.requested_postgres, writer.server_name) == (OLD, OLD, "p")
    assert both.sites["dr"].state.postgres == OLD


@given(mishaps=st.lists(st.sampled_from(("", "lost", "unheard")), max_size=25))
def test_interrupted_anywhere_it_is_repeated_until_it_is_done(mishaps: list[str]) -> None:
    both = Pair(mishaps=_each_with_a_way_back(mishaps))
    for _ in range(len(mishaps) + 1):
        ended = upgrade(both)
        started = both.sites["primary"].state.postgres == NEW and not _is_stopped(both)
        assert both.way_back or started, "the old version is there until the new one has started"
        if ended.outcome == "done":
            break

    assert upgrade(both).outcome == "done"
    assert [site.state.postgres for site in both.sites.values()] == [NEW, NEW]
    assert both.sites["primary"].state.accepts_writes
    assert {site.state.server_name for site in both.sites.values()} == {"p-g2", "d-g2"}


def test_a_clone_that_ended_with_no_cluster_is_begun_again_under_another_name() -> None:
    steps_until_the_clone = 9  # dump, back up, stop, convert, two records, start, back up, ...
    both = Pair(mishaps=iter([*[""] * (steps_until_the_clone + 1), "lost"]))
    assert "follow did not arrive" in upgrade(both).problem
    both.sites["dr"].lose_the_cluster()

    ended = upgrade(both)

    assert ended.outcome == "done", ended.problem
    assert both.sites["dr"].state.server_name == "d-g3"
    assert both.sites["dr"].state.postgres == NEW


def test_a_replica_whose_cluster_is_gone_before_the_conversion_lets_the_old_version_go_on() -> None:
    both = pair()
    both.sites["primary"].stop_for_upgrade()
    both.sites["dr"].lose_the_cluster()

    ended = upgrade(both)

    assert ended.outcome == "rolled back", ended.problem
    assert both.sites["primary"].state.accepts_writes


@pytest.mark.parametrize("name", ["plain", "a - b", "a; b"])
def test_what_pg_upgrade_would_refuse_is_named_whole_before_anything_is_changed(name: str) -> None:
    both = pair(blockers=(f'column public."{name}".x of type regproc', "prepared transaction 'p'"))

    ended = upgrade(both)

    assert (ended.outcome, both.said) == ("refused", [])
    assert f'public."{name}".x of type regproc; prepared transaction' in ended.problem
    assert ended.problem.endswith(
        "; nothing was changed - change that, then repeat: pgtwin upgrade --postgres"
    )


WHOLE = Record(epoch=0, writer="primary", server_names=CLUSTERS)


@pytest.mark.parametrize(
    ("site", "change", "said"),
    [
        ("primary", {"healthy": False}, "not healthy"),
        ("primary", {"fenced": True}, "is fenced"),
        ("primary", {"fenced": None}, "is fenced"),
        ("primary", {"accepts_writes": None}, "does not accept writes"),
        ("primary", {"backup_running": True}, "a base backup of primary is under way"),
        ("primary", {"archive_slow": "5 segments wait"}, "5 segments wait"),
        ("primary", {"postgres": None}, "unknown of which version"),
        ("dr", {"postgres": None}, "unknown of which version"),
        ("dr", {"postgres": None, "exists": False}, "unknown of which version"),
        ("primary", {"postgres": 19}, "PostgreSQL 19"),
        ("primary", {"configured_postgres": 17}, "run: make deploy"),
        ("primary", {"role": "replica"}, "do not agree who writes"),
        ("dr", {"following": False}, "dr does not follow"),
        ("dr", {"healthy": False}, "dr does not follow"),
        ("dr", {"configured_postgres": None}, "run: make deploy"),
        ("dr", {"role": "writer"}, "do not agree who writes"),
    ],
)
def test_it_is_not_begun_where_anything_is_not_whole_or_unknown(
    site: SiteName, change: dict[str, Any], said: str
) -> None:
    both = pair()
    states = {name: each.state for name, each in both.sites.items()}
    states[site] = replace(states[site], **change)

    problem = why_not(WHOLE, writer=states["primary"], replica=states["dr"], to=NEW)

    assert problem is not None
    assert said in problem
    assert re.search(r" - (run: |repeat when |set `)", problem), problem


def test_a_fence_of_the_upgrade_itself_is_no_reason_against_going_on() -> None:
    both = pair()
    writer = replace(
        both.sites["primary"].state, fenced=True, accepts_writes=False, upgrading_to=NEW
    )
    replica = replace(both.sites["dr"].state, following=False)

    assert why_not(WHOLE, writer=writer, replica=replica, to=NEW) is None


@pytest.mark.parametrize(
    ("replayed", "holds"),
    [("0/5000000", True), ("0/6000000", True), ("1/0", True), ("0/4FFFFF8", False), (None, False)],
)
def test_a_replica_has_everything_at_the_begin_of_the_last_segment(
    replayed: str | None, *, holds: bool
) -> None:
    assert reaches(replayed, "0/5000028") is holds


def _is_stopped(both: Pair) -> bool:
    return both.sites["primary"].state.upgrading_to is not None


def _each_with_a_way_back(mishaps: list[str]) -> Iterator[str]:
    yield from mishaps
