"""`pgtwin status`."""

from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, Json

WATCH_SECONDS = 5.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin status --watch")(status)


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Refresh every 5 s until Ctrl-C.")] = False,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
) -> None:
    """Show whether a failover is ready, the RPO now, and both sites side by side.

    A region that does not answer within 10 s is shown as not answering. Changes nothing.
    """
    import time

    from pgtwin.commands.desk import Desk
    from pgtwin.commands.status_table import status_text
    from pgtwin.commands.survey import survey

    desk = Desk(config, as_json=json)
    while True:
        document = survey(desk)
        desk.result(document, status_text(document))
        if not watch:
            return
        time.sleep(WATCH_SECONDS)
