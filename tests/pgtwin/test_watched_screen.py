"""`pgtwin status --watch` in a terminal: one screen in its place, and the last one stays behind."""

from io import StringIO

import pytest
from rich.console import Console

from pgtwin.commands.watched_screen import watch
from pgtwin.errors import SiteRefused

BEGIN, END = "\x1b[?1049h", "\x1b[?1049l"
"""xterm's alternate screen: what was in the terminal comes back at its end."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C."""


def played(screens: list[str | Exception]) -> tuple[str, str]:
    """What was drawn on the alternate screen, and what stays in the terminal after it."""
    terminal = StringIO()
    left = list(screens)

    def screen() -> str:
        if not left:
            raise Interrupted
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    console = Console(file=terminal, force_terminal=True, width=80, height=24)
    with pytest.raises((Interrupted, SiteRefused)):
        watch(screen, console, every_seconds=5, sleep=lambda _: None)
    before, _, rest = terminal.getvalue().partition(BEGIN)
    assert not before.strip("\x1b[?25l")
    drawn, _, after = rest.partition(END)
    return drawn, after


def test_each_look_is_drawn_in_place_and_the_last_one_stays() -> None:
    drawn, after = played(["primary writes", "dr writes"])

    assert "asking both sites" in drawn
    assert "primary writes" in drawn
    assert "dr writes" in drawn
    assert "dr writes" in after
    assert "primary writes" not in after
    assert "UTC, every 5 s; Ctrl-C ends" in after


def test_an_error_gives_the_terminal_back_and_is_raised() -> None:
    drawn, after = played(["primary writes", SiteRefused("credentials expired")])

    assert "primary writes" in drawn
    assert "primary writes" in after
