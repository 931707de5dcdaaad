"""Mistakes that somebody could make in a plan, each as a patch of one step."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from host.writer import region_guard
from pgtwin import (
    clone,
    confirmation,
    failover,
    failover_check,
    new_archive,
    old_writer,
    release,
    rpo,
    run,
    switchover,
    switchover_back,
    takeover,
)
from pgtwin.plan import Step
from tests.pgtwin.model import host_rules, model_site, search
from tests.pgtwin.model.world import Command, Copy, World, first_world


def _always_done(make: Callable[..., Step]) -> Callable[..., Step]:
    return lambda self, *args, **kwargs: replace(make(self, *args, **kwargs), done=lambda: True)


def _promotes_without_the_token(make: Callable[..., Step]) -> Callable[..., Step]:
    def patched(self: Any) -> Step:
        def act() -> None:
            record = self._run.newest_record(("primary", "dr"))
            self._run.write_record(
                record.handed_to(self._new_name, None, by="", since=""),
                (self._old_name, self._new_name),
            )
            self._new.promote(None)

        return replace(make(self), act=act)

    return patched


def _leaves_the_new_regions_copy(make: Callable[..., Step]) -> Callable[..., Step]:
    def patched(self: Any) -> Step:
        def act() -> None:
            newest = self._run.newest_record(("primary", "dr"))
            self._old.write_record(self._token.handed_to(self._old_name, newest))

        return replace(make(self), act=act)

    return patched


def _keeps_the_epoch(make: Callable[..., Step]) -> Callable[..., Step]:
    def patched(self: Any) -> Step:
        def done() -> bool:
            copy = self._old.read_record()
            writes = self._old.observe().role == "writer"
            return writes and (copy is None or copy.writer == self._old_name)

        return replace(make(self), done=done)

    return patched


def _clones_unasked(make: Callable[..., Step]) -> Callable[..., Step]:
    def patched(self: Any, cluster: str) -> Step:
        def act() -> None:
            name = self._next_name()
            new_archive.record_archive(self._run, self._name, name)
            self._site.follow(name)

        return replace(make(self, cluster), act=act)

    return patched


def _ignores(answer: Any) -> Callable[[Any], Callable[..., Any]]:
    return lambda _: lambda *args, **kwargs: answer


def _sees_no_power(_: Callable[..., Any]) -> Callable[..., None]:
    return lambda self: None


def _takes_a_lock_up_again(_: Callable[..., Any]) -> Callable[..., None]:
    return lambda self, lock: self.take_lock(lock)


def _patches_unseen(promote: Callable[..., Any]) -> Callable[..., Any]:
    """The patch goes out whatever the record says by then."""

    def patched(world: World, site: Any, token: Any) -> World:
        place = world.place(site)
        if not place.up or place.role == "writer":
            return world
        copy = host_rules.newest_copy(world, site)
        rows = replace(place, role="writer", promoted_in=copy.epoch, token=None)
        return world.put(site, rows)

    return patched


def _goes_by_the_newest_version(_: Callable[..., Any]) -> Callable[..., Copy]:
    """Neither the version before it counts, nor what the machines remember."""

    def patched(world: World, site: Any) -> Copy:
        copies = [place.copy for _, place in world.each() if not place.cut]
        newest = max((world.place(site).copy, *copies), key=lambda copy: copy.epoch)
        return newest if newest.epoch else host_rules.by_role(world, site)

    return patched


def _moves_the_record_once(make: Callable[..., Step]) -> Callable[..., Step]:
    """An earlier run's copy that permits the promotion is taken for enough."""

    def patched(self: Any) -> Step:
        def done() -> bool:
            copy = self._survivor.read_record()
            return copy is not None and copy.writer == self._name and copy.token is None

        return replace(make(self), done=done)

    return patched


def _takes_any_site_for_a_replica(_: Callable[..., Any]) -> Callable[..., None]:
    return lambda self: None


def _vouches_for_any_site(_: Callable[..., Any]) -> Callable[..., None]:
    return lambda self, error: setattr(self._run, "vouched", True)


def _misnamed(world: World) -> World:
    """DR writes; the primary follows it, under another name than the record has for it."""
    copy = Copy(epoch=3, writer="dr", primary="p-g3", token="")
    primary = replace(world.primary, role="replica", server="p-g2", copy=copy, seen=copy)
    world = world.put("primary", primary)
    return world.put("dr", replace(world.dr, role="writer", promoted_in=2, copy=copy, seen=copy))


def _begun(world: World) -> World:
    """A failover to DR moved the record and was killed; the primary's region is lost."""
    copy = Copy(epoch=1, writer="dr")
    world = world.put("primary", replace(world.primary, cut=True, up=False, fence_tried=True))
    return world.put("dr", replace(world.dr, copy=copy, seen=copy))


def _cancelled(world: World) -> World:
    """A failover to DR moved the record and was killed; the primary runs, and nothing fences it."""
    copy = Copy(epoch=1, writer="dr")
    primary = replace(world.primary, copy=copy, seen=copy, gate_closed=True, fence_tried=True)
    return world.put("primary", primary).put("dr", replace(world.dr, copy=copy, seen=copy))


def _given_up(world: World) -> World:
    """A failover to DR was given up for somebody's word while DR was lost. DR is back, and the
    primary's region is lost now.
    """
    back = Copy(epoch=1002, writer="primary", token="")
    primary = replace(world.primary, copy=back, seen=back, cut=True, up=False)
    world = world.put("primary", primary)
    return world.put("dr", replace(world.dr, copy=Copy(epoch=1, writer="dr"), seen=back))


def _taken_over(world: World) -> World:
    """DR took over while the primary's region was lost. Now DR's is, and the primary's machines
    have started with the copy that they had.
    """
    old, new = Copy(epoch=3, writer="primary", token=""), Copy(epoch=4, writer="dr")
    primary = replace(world.primary, copy=old, seen=old, epoch_at_start=3, gate_closed=True)
    dr = replace(world.dr, role="writer", rows=(1,), promoted_in=4, copy=new, seen=new, cut=True)
    world = world.put("primary", replace(primary, isolated=True, started_as_writer=True))
    return replace(world.put("dr", dr), truth=(1,))


def _never_opened(world: World) -> World:
    """DR writes, and the primary was cloned from it; a failback that was cut left its archive
    closed. Now DR's region is lost.
    """
    copy = Copy(epoch=5, writer="dr", primary="p-g2", token="")
    primary = replace(world.primary, role="replica", server="p-g2", closed="p")
    dr = replace(world.dr, role="writer", promoted_in=4, cut=True, up=False)
    world = world.put("primary", replace(primary, copy=copy, seen=copy))
    return world.put("dr", replace(dr, copy=copy, seen=copy))


def _without_a_token(world: World) -> World:
    """A failover moved the alias alone while DR's region was lost. DR is back, and follows."""
    new, old = Copy(epoch=6, token=None), Copy(epoch=5, token="")
    primary = replace(world.primary, copy=new, seen=new, promoted_in=6)
    return world.put("primary", primary).put("dr", replace(world.dr, copy=old, seen=new))


def _waited_for(world: World) -> World:
    """Commits wait for DR, and it has the row that was promised."""
    primary = replace(world.primary, rows=(1,), listed=True)
    world = world.put("primary", primary).put("dr", replace(world.dr, rows=(1,)))
    return replace(world, truth=(1,))


def _goes_by_the_note_alone(_: Callable[..., Any]) -> Callable[..., str]:
    return lambda look, note: "degraded" if note else "kept"


def _goes_by_sync_state_alone(_: Callable[..., Any]) -> Callable[..., str]:
    """PostgreSQL says `sync` of a clone as soon as all was sent to it (walsender.c)."""

    def patched(look: Any, note: str | None) -> str:
        is_waited_for = look.region is not None and look.region.is_waited_for
        return "degraded" if note else "kept" if is_waited_for else "waits"

    return patched


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A patch, and the smallest world in which it does harm."""

    owner: Any
    """A class or a module."""
    name: str
    patch: Callable[[Callable[..., Any]], Callable[..., Any]]
    world: World
    commands: tuple[Command, ...]


_TO_DR: tuple[Command, ...] = (("switchover", "dr"),)
_LOST: tuple[Command, ...] = (("failover", "dr"),)
PLANTED = {
    "failover does not fence": Planted(
        owner=failover._Steps,
        name="fence",
        patch=_always_done,
        world=first_world(commands=1, faults=0, cuts=0, rows=0),
        commands=_LOST,
    ),
    "failover goes on in the epoch of an earlier run": Planted(
        owner=failover._Steps,
        name="record",
        patch=_moves_the_record_once,
        world=_begun(first_world(commands=1, faults=1, cuts=0, rows=0, also=("rebooted",))),
        commands=_LOST,
    ),
    "failover does not look again": Planted(
        owner=old_writer.OldWriter,
        name="look_again",
        patch=_always_done,
        world=first_world(commands=1, faults=1, cuts=1, rows=0),
        commands=_LOST,
    ),
    "switchover promotes without the token": Planted(
        owner=switchover._Steps,
        name="promote",
        patch=_promotes_without_the_token,
        world=first_world(commands=1, faults=0, cuts=0, rows=0),
        commands=_TO_DR,
    ),
    "the way back leaves the new region's copy": Planted(
        owner=switchover_back.WayBack,
        name="record",
        patch=_leaves_the_new_regions_copy,
        world=first_world(commands=1, faults=1, cuts=1, rows=0),
        commands=_TO_DR,
    ),
    "the way back lets a late demotion in": Planted(
        owner=switchover_back.WayBack,
        name="record",
        patch=_keeps_the_epoch,
        world=first_world(commands=1, faults=1, cuts=0, rows=0),
        commands=_TO_DR,
    ),
    "a switchover goes by a name that the record alone has": Planted(
        owner=switchover._Steps,
        name="write_down",
        patch=_always_done,
        world=_misnamed(first_world(commands=1, faults=0, cuts=0, rows=0)),
        commands=(("switchover", "primary"),),
    ),
    "failback clones without asking": Planted(
        owner=clone.Clone,
        name="step",
        patch=_clones_unasked,
        world=first_world(commands=2, faults=0, cuts=0, rows=0),
        commands=(*_LOST, ("failback", "primary")),
    ),
    "release does not look whether the other site was promoted": Planted(
        owner=release._Steps,
        name="_refuse_if_promoted",
        patch=_takes_any_site_for_a_replica,
        world=first_world(commands=2, faults=0, cuts=0, rows=0),
        commands=(*_LOST, ("release", "primary")),
    ),
    "release takes a site that does not answer for one that was never promoted": Planted(
        owner=release._Steps,
        name="_have_it_vouched_for",
        patch=_vouches_for_any_site,
        world=first_world(commands=2, faults=0, cuts=1, rows=0),
        commands=(*_LOST, ("release", "primary")),
    ),
    "a failover writes a record that its survivor's machines do not heed": Planted(
        owner=run.Run,
        name="heed",
        patch=_ignores(None),
        world=_given_up(first_world(commands=1, faults=0, cuts=0, rows=0)),
        commands=_LOST,
    ),
    "a writer that has started is let go on though the other site may have taken over": Planted(
        owner=failover_check.Check,
        name="_have_it_vouched_for",
        patch=_ignores(None),
        world=_taken_over(first_world(commands=1, faults=0, cuts=0, rows=0)),
        commands=(("failover", "primary"),),
    ),
    "a replica whose archive nobody opened again is taken for a former writer": Planted(
        owner=failover_check,
        name="_may_be_overtaken",
        patch=_ignores(True),
        world=_never_opened(first_world(commands=1, faults=0, cuts=0, rows=0)),
        commands=(("failover", "primary"),),
    ),
    "a failover is repeated though its site writes and the other stands by": Planted(
        owner=takeover,
        name="stands_by",
        patch=_ignores(False),
        world=_without_a_token(first_world(commands=1, faults=0, cuts=0, rows=0)),
        commands=(("failover", "primary"),),
    ),
    "a machine that is being stopped is taken for stopped": Planted(
        owner=old_writer.OldWriter,
        name="power",
        patch=_sees_no_power,
        world=first_world(commands=1, faults=1, cuts=0, rows=0),
        commands=_LOST,
    ),
    "PostgreSQL serves clients before the guard has looked": Planted(
        owner=host_rules,
        name="closes_at_start",
        patch=_ignores(False),
        world=first_world(commands=1, faults=1, cuts=1, rows=0),
        commands=_LOST,
    ),
    "a word is good forever": Planted(
        owner=confirmation.Confirmation,
        name="renew",
        patch=_ignores(None),
        world=first_world(commands=1, faults=1, cuts=0, rows=0, also=("suspended",)),
        commands=_LOST,
    ),
    "a lock that was lost is taken up again": Planted(
        owner=model_site.ModelSite,
        name="extend_lock",
        patch=_takes_a_lock_up_again,
        world=first_world(commands=1, faults=1, cuts=0, rows=0, also=("suspended",)),
        commands=_LOST,
    ),
    "who slept in the middle of a step acts without the lock": Planted(
        owner=run.Run,
        name="renew_lock",
        patch=_ignores(None),
        world=first_world(commands=1, faults=1, cuts=0, rows=0, also=("suspended",)),
        commands=_LOST,
    ),
    "a second terminal takes up a run that is under way": Planted(
        owner=search,
        name="may_take_up",
        patch=_ignores(True),
        world=first_world(commands=2, faults=1, cuts=0, rows=0, also=("second terminal",)),
        commands=_TO_DR,
    ),
    "a promotion is let in by one look and patched after another": Planted(
        owner=host_rules,
        name="patch_promotion",
        patch=_patches_unseen,
        world=first_world(commands=1, faults=1, cuts=0, rows=0, also=("parted",)),
        commands=_TO_DR,
    ),
    "a promotion is repeated after the site was demoted": Planted(
        owner=host_rules,
        name="was_demoted_since",
        patch=_ignores(False),
        world=first_world(commands=2, faults=1, cuts=0, rows=0, also=("twice",)),
        commands=(*_TO_DR, ("switchover", "primary")),
    ),
    "status takes what is configured for what holds": Planted(
        owner=rpo,
        name="_commits",
        patch=_ignores("kept"),
        world=first_world(commands=0, faults=0, cuts=0, rows=1, also=("synchronous",)),
        commands=(),
    ),
    "a promise that nobody has noted as broken is told as kept": Planted(
        owner=region_guard,
        name="promise_now",
        patch=_goes_by_the_note_alone,
        world=first_world(commands=1, faults=0, cuts=1, rows=1, also=("synchronous",)),
        commands=_LOST,
    ),
    "a clone that has not arrived yet is told to have every commit": Planted(
        owner=region_guard,
        name="promise_now",
        patch=_goes_by_sync_state_alone,
        world=_waited_for(
            first_world(commands=1, faults=1, cuts=0, rows=0, also=("synchronous", "absent"))
        ),
        commands=(("failback", "dr"),),
    ),
    "a fence that arrives late stops a writer that was released since": Planted(
        owner=host_rules,
        name="was_decided_before",
        patch=_ignores(False),
        world=_cancelled(first_world(commands=2, faults=1, cuts=0, rows=0)),
        commands=(("release", "primary"),),
    ),
    "a put of the record that lands late is the record": Planted(
        owner=host_rules,
        name="newest_copy",
        patch=_goes_by_the_newest_version,
        world=first_world(commands=1, faults=1, cuts=0, rows=0, also=("late record",)),
        commands=_TO_DR,
    ),
}
