"""`pgtwin record`."""

from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json, Site


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin record --writer primary --dry-run")(record)


def record(
    writer: Annotated[Site, typer.Option(help="Site that stays the writer.")],
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Settle who writes if two sites claim it.

    For two records that disagree, and for two sites that write. Stops PostgreSQL of the other
    site if it is no replica, then names the writer in both regions.
    """
    from pgtwin import settled_record as core
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.desk import Desk
    from pgtwin.configuration import set_writer

    desk = Desk(config, as_json=json)
    cluster = desk.topology.site(writer).cluster
    carry_out(
        desk,
        f"record --writer {writer}",
        lambda run: core.settled_record(run, writer, cluster=cluster),
        dry_run=dry_run,
    )
    if not dry_run:
        desk.say(set_writer(config, writer))
