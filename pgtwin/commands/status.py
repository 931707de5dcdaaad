"""`pgtwin status`."""

import time
from collections.abc import Callable
from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, Json

WATCH_SECONDS = 5.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin status --watch")(status)


def status(
    watch: Annotated[
        bool, typer.Option("--watch", help="Refresh in place every 5 s, until Ctrl-C.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
) -> None:
    """Show whether a failover is ready, and the RPO now.

    Both sites stand side by side below. A region that does not answer within 10 s is shown as
    not answering. Changes nothing.
    """
    import sys

    from pgtwin.commands.desk import Desk
    from pgtwin.commands.status_table import status_text
    from pgtwin.commands.survey import survey

    desk = Desk(config, as_json=json)
    if watch and not json and sys.stdout.isatty():
        _watch(lambda: status_text(survey(desk)))
    while True:
        document = survey(desk)
        desk.result(document, status_text(document))
        if not watch:
            return
        time.sleep(WATCH_SECONDS)


def _watch(screen: Callable[[], str]) -> None:
    from rich.console import Console

    from pgtwin.commands.watched_screen import watch

    watch(screen, Console(highlight=False), every_seconds=WATCH_SECONDS)
