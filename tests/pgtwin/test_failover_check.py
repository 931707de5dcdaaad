"""Who may take over, and what has to be confirmed before."""

from dataclasses import replace

import pytest

from pgtwin.errors import SiteRefused, SiteUnreachable
from pgtwin.execute import Position, execute
from pgtwin.failover import failover
from pgtwin.record import Record
from pgtwin.site_state import FenceAttempt, SiteState
from pgtwin.takeover import why_not
from tests.pgtwin.model import host_rules
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import Copy, World, first_world

REPLICA = SiteState(
    site="dr",
    role="replica",
    accepts_writes=False,
    healthy=True,
    fenced=False,
    following=True,
    server_name="d",
)
WRITER = replace(REPLICA, role="writer", accepts_writes=True)


def record(token: str | None) -> Record:
    return Record(epoch=3, writer="dr", server_names={"primary": "p", "dr": "d"}, token=token)


@pytest.mark.parametrize("copy", [None, record("a token"), record("")])
def test_a_writer_by_a_hand_over_or_from_the_beginning_is_not_failed_over_to(
    copy: Record | None,
) -> None:
    problem = why_not(WRITER, copy)

    assert problem is not None
    assert "nothing to fail over" in problem


@pytest.mark.parametrize("copy", [None, record("a token"), record("")])
def test_a_writer_that_does_not_answer_is_not_failed_over_to(copy: Record | None) -> None:
    silent = replace(WRITER, accepts_writes=None)
    problem = why_not(silent, copy, other=replace(REPLICA, site="primary"))

    assert problem is not None
    assert "would stop primary - run: pgtwin failover --to primary" in problem


def test_a_writer_from_the_beginning_that_is_down_waits_for_no_wal() -> None:
    problem = why_not(replace(WRITER, accepts_writes=False), None)

    assert problem is not None
    assert "would stop primary" in problem


@pytest.mark.parametrize("accepts", [True, None])
def test_a_failover_that_was_cut_after_its_promotion_may_go_on(accepts: bool | None) -> None:
    assert why_not(replace(WRITER, accepts_writes=accepts), record(None)) is None


@pytest.mark.parametrize("waiting", [REPLICA, replace(WRITER, accepts_writes=False)])
def test_a_replica_may_take_over_and_so_may_a_site_that_waits_for_the_last_wal(
    waiting: SiteState,
) -> None:
    assert why_not(waiting, record("a token")) is None


@pytest.mark.parametrize(
    ("token", "confirmed"), [("a token", 3), ("", None)], ids=["a switchover", "a failback"]
)
def test_a_writer_of_a_finished_hand_over_that_is_down_is_not_failed_over_to(
    token: str, confirmed: int | None
) -> None:
    down = replace(WRITER, accepts_writes=False, confirmed_in_epoch=confirmed)

    problem = why_not(down, record(token))

    assert problem is not None
    assert "would stop primary" in problem


def test_a_former_writer_is_not_failed_over_to_before_it_is_fenced() -> None:
    former = replace(WRITER, site="primary", accepts_writes=False)
    problem = why_not(former, record(None), other=WRITER)

    assert problem is not None
    assert "dr, which has newer data - run: pgtwin failback --site primary" in problem


def test_a_name_that_leads_to_machines_that_do_not_answer_is_moved_by_the_record() -> None:
    """A switchover would ask them."""
    problem = why_not(WRITER, record("a token"))

    assert problem is not None
    assert "host name leads to primary - run: pgtwin record --writer dr" in problem


@pytest.mark.parametrize("token", ["a token", ""])
def test_a_writer_whose_other_region_is_lost_may_have_the_rest_of_its_hand_over_done(
    token: str,
) -> None:
    assert why_not(WRITER, record(token), other_is_silent=True) is None


def test_a_loss_is_rounded_up() -> None:
    assert str(replace(REPLICA, heartbeat_age_seconds=59.2).loss) == "at most 60 s"
    assert str(REPLICA.loss) == "an unknown amount"


def played(world: World) -> tuple[Position, Cell, list[str]]:
    """A failover to DR from `world`; how it ended, and which sites were fenced."""
    cell, fenced = Cell(world, Oracle((), 0)), list[str]()

    class Noted(ModelSite):
        def fence(self, *, epoch: int) -> tuple[FenceAttempt, ...]:
            fenced.append(self.name)
            return super().fence(epoch=epoch)

    run = model_run(cell, what="failover", site=Noted)
    plan = failover(run, "dr", cluster="d")
    return execute(plan, lambda: run.hold_lock(("dr",)), Silence()), cell, fenced


def with_copies(primary: Copy, dr: Copy) -> World:
    world = first_world()
    world = world.put("primary", replace(world.primary, copy=primary))
    return world.put("dr", replace(world.dr, copy=dr))


def test_rival_records_are_found_before_the_old_writer_is_fenced() -> None:
    rivals = with_copies(Copy(epoch=3, writer="primary"), Copy(epoch=3, writer="dr"))

    position, _, fenced = played(rivals)

    assert position.outcome == "refused"
    assert "then: pgtwin record --writer SITE" in position.problem
    assert not fenced


def test_a_copy_that_permits_a_promotion_counts_only_while_no_region_has_a_newer_one() -> None:
    position, cell, _ = played(
        with_copies(Copy(epoch=4, writer="primary"), Copy(epoch=3, writer="dr"))
    )

    assert position.outcome == "done", position.problem
    assert cell.world.dr.accepts
    assert cell.world.dr.copy.epoch == 5


def test_a_failover_over_a_switchover_leaves_no_token_so_that_it_can_be_repeated() -> None:
    switched = Copy(epoch=3, writer="dr", token="t")
    world = with_copies(switched, switched)
    world = world.put("primary", replace(world.primary, cut=True, up=False))
    world = world.put("dr", replace(world.dr, role="writer", promoted_in=3, alias="primary"))

    first, cell, _ = played(world)
    cell.world = cell.world.put("dr", replace(cell.world.dr, alias="primary"))
    again, cell, _ = played(cell.world)

    assert (first.outcome, again.outcome) == ("done", "done"), (first.problem, again.problem)
    assert cell.world.dr.copy == Copy(epoch=4, writer="dr")
    assert cell.world.dr.promoted_in == 4
    assert cell.world.dr.alias == "dr"


def test_a_run_promotes_only_in_an_epoch_that_it_wrote_itself() -> None:
    """Else a machine that started after an earlier run's record keeps clients out for good."""
    moved = Copy(epoch=3, writer="dr")
    world = with_copies(moved, moved)
    world = world.put("primary", replace(world.primary, cut=True, up=False))

    position, cell, _ = played(host_rules.reboot(world, "dr"))

    assert position.outcome == "done", position.problem
    assert cell.world.dr.copy.epoch == 4
    assert cell.world.dr.accepts


def test_the_command_that_moved_an_alias_alone_does_not_stop_the_replica_once_it_is_back() -> None:
    """Typed again by mistake, or from the shell's history: the record has no token since."""
    copy, world = Copy(epoch=5, token=""), first_world()
    world = world.put("primary", replace(world.primary, copy=copy, promoted_in=5, alias="dr"))
    cell = Cell(world.put("dr", replace(world.dr, copy=copy, cut=True)), Oracle((), 0))
    outcomes, asked = [], []
    for _ in range(2):
        run = model_run(
            cell, what="failover", confirm=lambda text, word: asked.append((text, word))
        )
        plan = failover(run, "primary", cluster="p")
        outcomes.append(execute(plan, lambda: None, Silence()))
        dr = replace(cell.world.dr, cut=False, isolated=False, fence_tried=False)
        cell.world = cell.world.put("dr", dr)

    first, again = outcomes
    assert (first.outcome, again.outcome) == ("done", "refused"), again.problem
    assert "nothing to fail over" in again.problem
    assert cell.world.primary.alias == "primary"
    assert cell.world.dr.is_well
    assert len(asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        None,
        replace(REPLICA, site="primary", fenced=True),
        replace(REPLICA, site="primary", demotion_token="t"),
        replace(WRITER, site="primary", accepts_writes=False),
    ],
    ids=["silent", "fenced", "demoted by a switchover that hung", "told to write"],
)
def test_a_finished_failover_is_repeated_beside_a_site_that_does_not_stand_by(
    other: SiteState | None,
) -> None:
    assert why_not(WRITER, record(None), other=other) is None


def test_whoever_has_to_bring_a_site_back_is_told_that_the_other_region_has_to_answer() -> None:
    former = replace(WRITER, site="primary")
    for site in (former, replace(former, exists=False), replace(former, fenced=True)):
        problem = why_not(site, record(None), other_is_silent=True)

        assert problem is not None
        assert "once dr answers, run: pgtwin failback --site primary" in problem


def test_no_release_is_named_where_the_record_tells_that_the_other_site_has_written() -> None:
    former = replace(WRITER, site="primary", fenced=True)

    assert "--release" in (why_not(former, record(None)) or "")
    assert "--release" not in (why_not(former, record("")) or "--release")


def cloned_and_never_opened() -> World:
    """The primary follows DR again, whose region is lost; a failback was cut before its end."""
    copy, world = Copy(epoch=5, writer="dr", primary="p-g2", token=""), first_world()
    primary = replace(world.primary, role="replica", server="p-g2", closed="p", copy=copy)
    world = world.put("primary", primary)
    dr = replace(world.dr, role="writer", promoted_in=4, copy=copy, cut=True, up=False)
    return world.put("dr", dr)


class WithoutIam(ModelSite):
    """us-east-1 is away."""

    def open_archive(self) -> None:
        raise SiteUnreachable("IAM does not answer")


@pytest.mark.parametrize("site", [ModelSite, WithoutIam])
def test_a_replica_takes_over_whose_archive_was_never_opened_again_and_it_is_opened_then(
    site: type[ModelSite],
) -> None:
    cell = Cell(cloned_and_never_opened(), Oracle((), 0))
    run = model_run(cell, what="failover", site=site)
    plan = failover(run, "primary", cluster="p")

    position = execute(plan, lambda: run.hold_lock(("primary",)), Silence())

    assert position.outcome == "done", position.problem
    assert cell.world.primary.accepts
    is_away = site is WithoutIam
    assert ("open the archive of primary" in run.left) == is_away
    assert cell.world.primary.closed == ("p" if is_away else None)


def test_a_failover_is_repeated_for_the_archive_that_it_could_not_open() -> None:
    cell = Cell(cloned_and_never_opened(), Oracle((), 0))
    for site in (WithoutIam, ModelSite):
        run = model_run(cell, what="failover", site=site)
        plan = failover(run, "primary", cluster="p")
        assert execute(plan, lambda: None, Silence()).outcome == "done"

    assert cell.world.primary.closed is None


def test_the_repeat_of_a_finished_failover_asks_for_no_promotion_beside_a_settlement() -> None:
    class Settling(ModelSite):
        def promote(self, token: str | None) -> None:
            raise SiteRefused("another run holds the lock")

    moved = Copy(epoch=3, writer="dr")
    world = with_copies(moved, moved)
    world = world.put("primary", replace(world.primary, cut=True, up=False))
    world = world.put("dr", replace(world.dr, role="writer", promoted_in=3))
    cell = Cell(world, Oracle((), 0))
    run = model_run(cell, what="failover", site=Settling)

    position = execute(failover(run, "dr", cluster="d"), lambda: None, Silence())

    assert position.outcome == "done", position.problem
    assert cell.world.dr.copy == moved
