"""One screen that is drawn again in its place, until the user ends it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pgtwin.commands.harmless import harmless

if TYPE_CHECKING:
    from rich.console import Console


def watch(
    screen: Callable[[], str],
    console: "Console",
    *,
    every_seconds: float,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Draw `screen()` on the terminal's alternate screen; the last one stays behind at the end.

    It never returns: an interruption, or an error of `screen`, ends it. The line on top says when
    the rest was read, since a region that fails makes the next look late.
    """
    from rich.live import Live
    from rich.text import Text

    last = ""
    try:
        with Live(
            Text("asking both sites"), console=console, screen=True, auto_refresh=False
        ) as live:
            while True:
                text = harmless(screen())
                read = f"{datetime.now(UTC):%H:%M:%S} UTC, every {every_seconds:.0f} s; Ctrl-C ends"
                last = f"{read}\n\n{text}"
                live.update(Text(last), refresh=True)
                sleep(every_seconds)
    finally:
        if last:
            console.print(Text(last))
