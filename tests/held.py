"""What tests of several files share, and what ends with the last of their xdist group.

A fixture of the session would end with the session: what it runs until then takes processor time
from all other tests.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Generic, TypeVar

import pytest

T = TypeVar("T")
_ENDED = pytest.StashKey[Counter[str]]()
_HELD = pytest.StashKey[dict[str, "Held[Any]"]]()


class Held(Generic[T]):
    """Begun when it is first asked for, and again when it is asked for after its end."""

    def __init__(self, begin: Callable[[], AbstractContextManager[T]]) -> None:
        self._begin = begin
        self._stack = ExitStack()
        self._given: list[T] = []

    def get(self) -> T:
        """What runs."""
        if not self._given:
            self._given = [self._stack.enter_context(self._begin())]
        return self._given[0]

    def end(self) -> None:
        """Run no more; a second call does nothing."""
        self._given = []
        self._stack.close()


def hold(session: pytest.Session, group: str, held: Held[Any]) -> None:
    """Let it end with the last test of the group."""
    session.stash.setdefault(_HELD, {})[group] = held


def one_ended(item: pytest.Item) -> None:
    """Note that a test is over, whatever it used."""
    group, session = group_of(item), item.session
    ended = session.stash.setdefault(_ENDED, Counter())
    ended[group] += 1
    held = session.stash.get(_HELD, {}).get(group)
    if held and ended[group] == sum(group_of(each) == group for each in session.items):
        held.end()


def group_of(item: pytest.Item) -> str:
    """Of xdist; empty for a test that belongs to none."""
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else ""
