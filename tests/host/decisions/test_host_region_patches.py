"""What every patch of a Cluster says about the other region, from its making to its demotion."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import COVERED_UNTIL, DEGRADED_SINCE, Cluster
from host.kubernetes.kubectl import Object
from host.writer.demotion import Demotion
from host.writer.overlay import overlay
from host.writer.promotion import Promotion
from host.writer.region_guard import Step
from host.writer.region_keeper import patch_of, streams_as
from host.writer.region_note import covered_seconds, used_up_at
from host.writer.role_step import Patch
from host.writer.standby_list import names_outside, to_apply, with_outside
from tests.host.decisions.examples import NOW, document, live, postgres, record, template
from tests.host.decisions.test_host_standby_list import LOCAL, ONE, THREE
from topology.names import Names


def synchronous(site: str = "primary") -> SiteDocument:
    return replace(document(site), replication="synchronous")


def cluster(
    section: dict[str, Any] | None, *, writer: bool = True, site: str = "primary"
) -> Cluster:
    made = live(site, writer=writer, instances=3, postgresql={"synchronous": section})
    made.item["status"]["readyInstances"] = 3
    return made


def merged(before: dict[str, Any] | None, merge: dict[str, Any]) -> dict[str, Any] | None:
    """What the API makes of a list and a merge patch of the Cluster."""
    if "postgresql" not in merge.get("spec", {}):
        return before
    patch = merge["spec"]["postgresql"]["synchronous"]
    if patch is None:
        return None
    return {key: value for key, value in {**(before or {}), **patch}.items() if value is not None}


def test_both_programs_know_the_other_region_by_one_name() -> None:
    assert streams_as(document("primary")) == Names("pgtwin").standby("dr")
    assert streams_as(document("dr")) == Names("pgtwin").standby("primary")


@pytest.mark.parametrize(("local", "whole"), [(LOCAL, THREE), (None, ONE)])
def test_the_guard_puts_the_region_on_the_list_and_takes_it_off_again(
    local: dict[str, Any] | None, whole: dict[str, Any]
) -> None:
    on = merged(local, patched("put back", cluster(local)))
    off = merged(on, patched("let go", cluster(on)))

    assert on == whole
    assert off == local


def patched(step: Step, now: Cluster) -> Object:
    return patch_of(step, now, synchronous(), datetime.fromisoformat(NOW), missing_seconds=12.0)


@pytest.mark.parametrize("step", ["write down", "clear"])
def test_the_note_and_the_list_are_never_changed_by_one_step_of_the_guard(step: Step) -> None:
    patch = patched(step, cluster(THREE))

    noted = patch["metadata"]["annotations"][DEGRADED_SINCE]
    assert noted == (NOW if step == "write down" else None)
    assert "spec" not in patch


def test_until_when_the_region_had_every_commit_is_in_the_patch_that_lets_go() -> None:
    at = datetime.fromisoformat(NOW)
    now = cluster(THREE)
    now.item["metadata"]["annotations"] |= patched("let go", now)["metadata"]["annotations"]

    assert covered_seconds(now, at + timedelta(seconds=5)) == 17.0
    assert used_up_at(now, 30) == at + timedelta(seconds=18)
    assert patched("clear", now)["metadata"]["annotations"][COVERED_UNTIL] is None


@pytest.mark.parametrize("noted", ["", "yesterday", "2026-11-27T03:12:00", "\u0000"])
def test_a_moment_that_cannot_be_read_is_long_ago_and_ends_no_guard(noted: str) -> None:
    now = cluster(THREE)
    now.item["metadata"]["annotations"][COVERED_UNTIL] = noted

    assert covered_seconds(now, datetime.now(UTC)) == math.inf
    assert used_up_at(now, 30) is None


@pytest.mark.parametrize("token", [None, "token"])
def test_a_promotion_waits_for_no_other_region_and_writes_that_down_in_its_own_patch(
    token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host.writer.promotion.objection", lambda *_: None)
    monkeypatch.setattr("host.writer.promotion.was_replayed", lambda *_: True)
    asked = Promotion(
        site=synchronous("dr"), record=record(1, "dr", token=token), token=token, at=NOW
    )

    for section, left in ((THREE, LOCAL), (ONE, None), (LOCAL, LOCAL)):
        step = asked.next_step(
            cluster(section, writer=False, site="dr"), postgres(in_recovery=True)
        )
        assert isinstance(step, Patch)
        noted = step.merge["metadata"]["annotations"]
        assert (noted[DEGRADED_SINCE], noted[COVERED_UNTIL]) == (NOW, None)
        assert merged(section, step.merge) == left


def test_a_demoted_site_waits_for_no_former_replica_and_keeps_no_note() -> None:
    now = cluster(THREE)
    now.item["metadata"]["annotations"][DEGRADED_SINCE] = NOW
    asked = Demotion(site=synchronous(), record=record(1, "primary"))

    step = asked.next_step(now, running_backup=None, archive_slow=None)

    assert isinstance(step, Patch)
    noted = step.merge["metadata"]["annotations"]
    assert (noted[DEGRADED_SINCE], noted[COVERED_UNTIL]) == (None, None)
    assert merged(THREE, step.merge) == LOCAL


def test_in_every_other_mode_a_change_of_role_says_nothing_of_it() -> None:
    promoted = Promotion(site=document("dr"), record=record(1, "dr"), token=None, at=NOW).next_step(
        cluster(LOCAL, writer=False, site="dr"), postgres(in_recovery=True)
    )
    demoted = Demotion(site=document(), record=record(1, "primary")).next_step(
        cluster(LOCAL), running_backup=None, archive_slow=None
    )

    for step in (promoted, demoted):
        assert isinstance(step, Patch)
        assert DEGRADED_SINCE not in step.merge["metadata"]["annotations"]
        assert "postgresql" not in step.merge["spec"]


@pytest.mark.parametrize("wanted", [THREE, ONE, LOCAL, None])
@pytest.mark.parametrize("now", [THREE, ONE, LOCAL, None])
def test_no_apply_changes_whether_commits_wait_for_the_other_region(
    wanted: dict[str, Any] | None, now: dict[str, Any] | None
) -> None:
    item = template()
    item["spec"]["postgresql"] = {"synchronous": wanted} if wanted else {}

    applied = overlay(item, cluster(now), record(), document())["spec"]["postgresql"]

    assert bool(names_outside(applied.get("synchronous"))) == bool(names_outside(now))


@pytest.mark.parametrize("wanted", [THREE, ONE])
def test_a_cluster_that_is_made_waits_for_nobody_in_the_other_region(
    wanted: dict[str, Any],
) -> None:
    item = template()
    item["spec"]["postgresql"] = {"synchronous": wanted}

    made = overlay(item, None, record(), document())["spec"]["postgresql"].get("synchronous")

    assert made == (LOCAL if wanted is THREE else None)


def test_more_instances_of_the_site_reach_a_list_that_has_the_region() -> None:
    assert to_apply(THREE, ONE) == THREE
    assert with_outside(to_apply(THREE, None), "site-dr") == THREE
