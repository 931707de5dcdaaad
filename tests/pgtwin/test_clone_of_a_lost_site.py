"""A failback clones once: what is under way is waited for, and the record names what is there."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from pgtwin.errors import PlanRefused, SiteTimedOut
from pgtwin.execute import Position, execute
from pgtwin.failback import failback
from pgtwin.site_state import Role, SiteState
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import Silence
from tests.pgtwin.model.world import Copy, World, first_world
from topology.site import SITES

CLONING = Copy(epoch=3, writer="dr", primary="p-g2", token="")
Seen = Callable[[SiteState], SiteState]


@dataclass
class Played:
    """A failback of the primary; `seen` is what a look at it tells until it was told to follow."""

    world: World
    seen: Seen = lambda state: state
    words: tuple[str, ...] = ("primary",)
    fails: tuple[Exception, ...] = ()
    """What one `follow` after the other ends with."""
    asked: list[str] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def play(self) -> Position:
        played, errors = self, list(self.fails)

        class Primary(ModelSite):
            def observe(self, *, outside: bool = False) -> SiteState:
                state = super().observe(outside=outside)
                is_new = played.followed and not errors
                return state if self.name == "dr" or is_new else played.seen(state)

            def follow(self, server_name: str) -> None:
                played.followed.append(server_name)
                if errors:
                    raise errors.pop(0)
                super().follow(server_name)

        def confirm(text: str, word: str) -> None:
            self.asked.append(text)
            if word not in self.words:
                raise PlanRefused(f"{word} was not given")

        cell = Cell(self.world, Oracle((), 0))

        def named(text: str, word: str) -> None:
            confirm(text, word)
            cell.world = replace(cell.world, confirmed=word)

        run = model_run(cell, what="failback", site=Primary, confirm=named, tell=self.told.append)
        plan = failback(run, "primary", cluster="primary")
        position = execute(plan, lambda: run.hold_lock(SITES), Silence())
        self.world = cell.world
        return position


def with_primary(role: Role, server: str, copy: Copy) -> World:
    """DR writes; the primary's Cluster is there as it says."""
    world = first_world()
    primary = replace(world.primary, role=role, server=server, copy=copy, seen=copy)
    world = world.put("primary", primary)
    return world.put("dr", replace(world.dr, role="writer", promoted_in=2, copy=copy, seen=copy))


def restoring(state: SiteState) -> SiteState:
    return replace(state, following=False, healthy=False)


def test_the_repeat_of_a_command_that_was_cut_in_its_clone_waits_for_that_clone() -> None:
    played = Played(with_primary("replica", "p-g2", CLONING), restoring)

    position = played.play()

    assert position.outcome == "done", position.problem
    assert played.followed == ["p-g2"]
    assert not played.asked
    assert played.world.primary.copy == CLONING


def test_a_clone_that_does_not_come_to_follow_is_begun_anew_for_the_word_alone() -> None:
    late = SiteTimedOut("follow: the clone does not follow the writer")
    played = Played(with_primary("replica", "p-g2", CLONING), restoring, fails=(late,))

    position = played.play()

    assert position.outcome == "done", position.problem
    assert played.followed == ["p-g2", "p-g3"]
    assert len(played.asked) == 1
    assert played.world.primary.server == played.world.dr.copy.primary == "p-g3"


@pytest.mark.parametrize(
    "seen",
    [
        lambda state: replace(restoring(state), recovery_paused="max_connections is 100"),
        lambda state: replace(restoring(state), demotion_token="t"),
    ],
    ids=["does not replay", "was the writer"],
)
def test_a_replica_that_waiting_does_not_mend_is_cloned_again_at_once(seen: Seen) -> None:
    played = Played(with_primary("replica", "p-g2", CLONING), seen)

    assert played.play().outcome == "done"
    assert played.followed == ["p-g3"]


def starting(state: SiteState) -> SiteState:
    """PostgreSQL of machines that have just started."""
    return replace(restoring(state), accepts_writes=None, timeline=3, lsn=None)


@pytest.mark.parametrize("server", ["p", "p-g2"])
@pytest.mark.parametrize("fenced", [False, True])
def test_a_whole_replica_that_only_starts_is_waited_for_and_not_deleted(
    server: str, fenced: bool
) -> None:
    """Its machines were stopped by a failover that nobody needed."""
    world = with_primary("replica", server, replace(CLONING, primary=server))
    stopped = replace(world.primary, up=False, stopped=fenced)
    played = Played(world.put("primary", stopped))
    played.seen = lambda state: state if played.told else starting(state)

    position = played.play()

    assert position.outcome == "done", position.problem
    assert played.told == ["primary is a replica that does not follow yet, and is waited for"]
    assert not played.asked + played.followed
    assert played.world.primary.is_well


def test_a_whole_replica_that_does_not_come_is_cloned_for_the_word_alone() -> None:
    played = Played(with_primary("replica", "p-g2", CLONING), starting)

    position = played.play()

    assert position.outcome == "done", position.problem
    assert len(played.asked) == 1
    assert played.followed == ["p-g3"]


def test_a_word_that_was_refused_leaves_the_record_as_it_was() -> None:
    copy = Copy(epoch=2, writer="dr")
    played = Played(with_primary("writer", "p", copy), words=())

    position = played.play()

    assert position.outcome == "stopped"
    assert played.world.primary.copy == played.world.dr.copy == copy


@pytest.mark.parametrize("server", ["p", "p-g2", "p-g4"])
def test_the_record_gets_the_name_of_a_site_that_follows_under_another(server: str) -> None:
    ahead = replace(CLONING, primary="p-g3")
    played = Played(with_primary("replica", server, ahead))

    position = played.play()

    assert position.outcome == "done", position.problem
    assert not played.asked + played.followed
    assert played.world.primary.copy.primary == played.world.dr.copy.primary == server


def test_a_site_is_cloned_from_the_archive_to_which_the_writer_writes() -> None:
    copy = Copy(epoch=2, writer="dr", dr="d-g2")
    played = Played(with_primary("writer", "p", copy))

    position = played.play()

    assert position.outcome == "done", position.problem
    assert played.world.primary.copy.dr == played.world.dr.server == "d"
