"""A command that works is never silent for long."""

import threading
from pathlib import Path

import pytest

from pgtwin.commands import still_here
from pgtwin.commands.desk import Desk


def test_what_is_under_way_is_said_again_and_again_until_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(still_here, "STILL_HERE_SECONDS", 0.001)
    said, again = list[str](), threading.Semaphore(0)

    class Terminal(Desk):
        def say(self, text: str) -> None:
            said.append(text)
            again.release()

    with Terminal(Path("config.yaml")).working("list both archives"):
        assert again.acquire(timeout=60)
        assert again.acquire(timeout=60)

    assert set(said) == {"          list both archives: under way for 0 s"}


def test_what_was_under_way_is_said_again_once_a_word_was_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(still_here, "STILL_HERE_SECONDS", 0.001)
    said, again = list[str](), threading.Semaphore(0)

    def say(text: str) -> None:
        said.append(text)
        again.release()

    here = still_here.StillHere(say)
    here.begin("clone")
    with here.silent():
        pass

    with here.saying():
        assert again.acquire(timeout=60)

    assert said[0].startswith("          clone: under way for")
