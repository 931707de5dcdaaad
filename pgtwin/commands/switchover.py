"""`pgtwin switchover`."""

from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json, Site


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin switchover --to dr --dry-run")(switchover)


def switchover(
    to: Annotated[Site, typer.Option(help="Site to promote.")],
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Move the writer to the other region, losing nothing.

    A failure before the promotion is rolled back to the old writer.
    """
    from pgtwin import switchover as core
    from pgtwin.client_networks import warnings
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.desk import Desk
    from pgtwin.configuration import set_writer

    desk = Desk(config, as_json=json)
    desk.warn(warnings(desk.topology, to))
    carry_out(desk, f"switchover --to {to}", lambda run: core.switchover(run, to), dry_run=dry_run)
    if not dry_run:
        desk.say(set_writer(config, to))
