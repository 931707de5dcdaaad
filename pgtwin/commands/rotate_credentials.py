"""`pgtwin rotate-credentials`."""

from typing import Annotated, Literal

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rotate-credentials", epilog="Example: pgtwin rotate-credentials --user dump")(
        rotate_credentials
    )


def rotate_credentials(
    user: Annotated[
        Literal["owner", "dump"],
        typer.Option(help="Whose password: the database owner's, or the dump user's."),
    ] = "owner",
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Give a database user a new password on both sites.

    The new one is in Secrets Manager. Applications must read the secret again; open connections
    stay open.
    """
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.rotation import rotation
    from topology.names import DUMP_USER

    desk = Desk(config, as_json=json)
    name = desk.topology.database.owner if user == "owner" else DUMP_USER
    carry_out(
        desk,
        f"rotate-credentials --user {user}",
        lambda run: rotation(desk, run, name, f"pgtwin rotate-credentials --user {user}"),
        dry_run=dry_run,
        needed=("dr",),
    )
