"""Builds the parts that are asked for and all that they need, once per recipe."""

import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drill.rig.parts.cache import Cache, default_folder
from drill.rig.parts.catalogue import PARTS
from drill.rig.parts.part import Part, Prerequisite, keys
from drill.rig.parts.workspace import Workspace


class MissingPrerequisitesError(Exception):
    """The machine lacks what the recipes need, one line for each. Nothing was built."""

    def __init__(self, missing: Sequence[Prerequisite]) -> None:
        self.missing = missing
        super().__init__("\n".join(str(prerequisite) for prerequisite in missing))


@dataclass(frozen=True, kw_only=True)
class Built:
    """A part that is in the cache."""

    part: Part
    folder: Path
    seconds: float
    """How long this call took to build it; 0 where the cache had it."""


def build(
    names: Collection[str] | None = None,
    *,
    report: Callable[[str], None] = lambda line: print(line, file=sys.stderr),  # noqa: T201
) -> Mapping[str, Path]:
    """The folder of each part that is named (all by default) and of the parts it is made from.

    Raise `MissingPrerequisitesError` before anything is built, `PartNotBuiltError` where a command
    fails, `ValueError` for a name that the catalogue does not have.
    """
    parts = chosen(names)
    store = Cache(folder=default_folder())
    return {built.part.name: built.folder for built in build_each(parts, store, report)}


def chosen(names: Collection[str] | None, catalogue: Sequence[Part] = PARTS) -> list[Part]:
    """The named parts with all that they need, in the catalogue's order."""
    known = {part.name: part for part in catalogue}
    wanted: set[str] = set()
    waiting = list(known if names is None else names)
    while waiting:
        name = waiting.pop()
        if name not in known:
            raise ValueError(f"no part is called {name}; the parts are: {', '.join(known)}")
        if name not in wanted:
            wanted.add(name)
            waiting.extend(known[name].needs)
    return [part for part in catalogue if part.name in wanted]


def missing(parts: Iterable[Part]) -> list[Prerequisite]:
    """What the machine lacks to build `parts`, each once."""
    needed = {need.what: need for part in parts for need in part.recipe.prerequisites}
    return [need for need in needed.values() if not need.present()]


def lacking(cache: Cache | None = None, catalogue: Sequence[Part] = PARTS) -> list[Prerequisite]:
    """What the machine lacks to build those parts of the catalogue that are not cached yet."""
    store = cache or Cache(folder=default_folder())
    return missing(_absent(catalogue, store, keys(catalogue)))


def build_each(parts: Sequence[Part], cache: Cache, report: Callable[[str], None]) -> list[Built]:
    """Build what the cache lacks, with one line per part; `parts` are complete and in order."""
    key = keys(parts)
    if lacks := missing(_absent(parts, cache, key)):
        raise MissingPrerequisitesError(lacks)
    built: list[Built] = []
    for number, part in enumerate(parts, 1):
        title = f"[{number}/{len(parts)}] {part.name} {part.version}"
        built.append(_build_one(part, key[part.name], cache, built, report, title))
    return built


def _absent(parts: Sequence[Part], cache: Cache, key: Mapping[str, str]) -> list[Part]:
    return [part for part in parts if not cache.find(part.name, key[part.name])]


def _build_one(
    part: Part,
    key: str,
    cache: Cache,
    earlier: Sequence[Built],
    report: Callable[[str], None],
    title: str,
) -> Built:
    if found := cache.find(part.name, key):
        report(f"{title}: cached")
        return Built(part=part, folder=found, seconds=0.0)
    report(f"{title}: building {part.what}")
    made = {one.part.name: one.folder for one in earlier}
    began = time.monotonic()
    log = cache.log(part.name)
    folder = cache.keep(
        part.name, key, lambda into: part.recipe.make(Workspace(into=into, log=log, made=made))
    )
    seconds = time.monotonic() - began
    report(f"{title}: built in {seconds:.0f} s")
    return Built(part=part, folder=folder, seconds=seconds)
