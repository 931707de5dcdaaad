"""`pgtwin connect`."""

from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json, Site


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin connect --print")(connect)


def connect(
    only_print: Annotated[
        bool, typer.Option("--print", help="Only print the connection string.")
    ] = False,
    site: Annotated[
        Site | None, typer.Option(help="Go through this site; the writer's if left out.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=1024, max=65535, help="The port on this machine.")
    ] = 15432,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Open psql to the writer, through Session Manager; or print what applications use.

    Needs psql and session-manager-plugin on this machine. Opens no port in AWS.
    """
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.tunnel import tunnel

    desk = Desk(config, as_json=json)
    database, names = desk.topology.database, desk.topology.names
    uri = (
        f"postgresql://{database.owner}@{names.writer_alias()}:5432/{database.name}?sslmode=require"
    )
    if only_print:
        secret = names.database_secret(database.owner)
        desk.result(
            {"uri": uri, "secret": secret},
            f"{uri}\nThe password is in the secret {secret} (Secrets Manager, both regions).",
        )
        return
    through = site or desk.topology.writer
    if dry_run:
        desk.show_plan(
            "connect",
            (
                {
                    "step": "forward",
                    "changes": f"port {port} here leads to {through}'s writer",
                    "undo": "closed when psql ends",
                },
            ),
        )
        return
    raise typer.Exit(tunnel(desk, through, port))
