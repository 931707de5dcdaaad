"""`pgtwin verify`."""

from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin verify --restore")(verify)


def verify(
    restore: Annotated[
        bool,
        typer.Option("--restore", help="Also restore each archive into a new cluster."),
    ] = False,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Prove that the backups of both buckets can be used, and write that down.

    Downloads the newest dump of each bucket and checks every file. The evidence goes to both
    buckets.
    """
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.evidence import PLAN, gather

    desk = Desk(config, as_json=json)
    if dry_run:
        desk.show_plan("verify", PLAN if restore else PLAN[:1] + PLAN[-1:])
        return
    evidence = gather(desk, restore=restore)
    text = [f"{check['site']}  {check['check']}: {check['result']}" for check in evidence["checks"]]
    desk.result(evidence, "\n".join(text))
    if not evidence["passed"]:
        raise typer.Exit(3)
