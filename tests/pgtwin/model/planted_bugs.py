"""Mistakes that somebody could make in a plan, each as a patch of one step."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pgtwin import failback, failover, release, switchover, switchover_back
from pgtwin.step import Step
from tests.pgtwin.model.world import Command, World, first_world


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
            names = self._run.newest_record(("primary", "dr")).server_names
            self._site.follow(names[self._name])

        return replace(make(self, cluster), act=act)

    return patched


def _takes_any_site_for_a_replica(_: Callable[..., Any]) -> Callable[..., None]:
    return lambda self: None


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A patch, and the smallest world in which it does harm."""

    owner: type
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
    "failover does not look again": Planted(
        owner=failover._Steps,
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
    "failback clones without asking": Planted(
        owner=failback._Steps,
        name="clone",
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
}
