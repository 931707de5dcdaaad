"""A part of the rig as data: its name, its version and the recipe that makes it.

What always holds: a part's key changes when anything changes that its recipe reads (its fields, its
files, its own source, the parts it is made from), so an entry in the cache is never out of date.
"""

import hashlib
import inspect
import json
import os
import platform
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from drill.rig.parts.workspace import Workspace

KEY_DIGITS = 16
"""Hexadecimal; enough for the parts of one machine."""


@dataclass(frozen=True, kw_only=True)
class Prerequisite:
    """What the machine itself has to offer, and the Debian package that brings it."""

    what: str
    package: str = ""
    """Empty where no package helps, such as for the rights of root."""
    present: Callable[[], bool]

    def __str__(self) -> str:
        """The line that tells a user what to do."""
        advice = f" - run: apt-get install {self.package}" if self.package else ""
        return f"missing: {self.what}{advice}"


def program(name: str, *, package: str) -> Prerequisite:
    """A program on PATH."""
    return Prerequisite(what=name, package=package, present=lambda: bool(shutil.which(name)))


def root_rights(purpose: str) -> Prerequisite:
    """The rights of root, which no package brings."""
    return Prerequisite(what=f"root, for {purpose}", present=lambda: os.geteuid() == 0)


class Recipe(Protocol):
    """How a part is made. A frozen dataclass: its fields are part of the key."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Files whose content decides what is made."""

    @property
    def prerequisites(self) -> tuple[Prerequisite, ...]:
        """What the machine needs before `make`."""

    def make(self, work: Workspace) -> None:
        """Fill `work.into`; raise `PartNotBuiltError` where a command fails."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One entry of the catalogue."""

    name: str
    version: str
    what: str
    """What it gives, in a few words for the progress line."""
    recipe: Recipe
    needs: tuple[str, ...] = ()
    """Parts that it is made from."""
    stands_in_for: str = ""
    """Where it is not the real thing: what it replaces and how far it goes."""


def keys(parts: Iterable[Part]) -> Mapping[str, str]:
    """The key of each part, KEY_DIGITS long; `parts` come after the parts they need."""
    found: dict[str, str] = {}
    for part in parts:
        found[part.name] = _key(part, [found[need] for need in part.needs])
    return found


def _key(part: Part, needed: list[str]) -> str:
    recipe = part.recipe
    inputs = [
        platform.machine(),
        part.name,
        part.version,
        repr(recipe),
        Path(inspect.getfile(type(recipe))).read_text(encoding="utf-8"),
        *(hashlib.sha256(path.read_bytes()).hexdigest() for path in recipe.files),
        *needed,
    ]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:KEY_DIGITS]
