"""`pgtwin upgrade`."""

from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin upgrade --dry-run")(upgrade)


def upgrade(
    postgres: Annotated[
        bool,
        typer.Option("--postgres", help="PostgreSQL's major version instead of k3s."),
    ] = False,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Upgrade k3s or PostgreSQL to the deployed version.

    k3s: one machine at a time; the replica's site goes first. PostgreSQL: the writer's data is
    converted while nothing writes, then the replica is cloned again. Deploy the new version before
    that, with make deploy.
    """
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.desk import Desk
    from pgtwin.machines_upgrade import machines_upgrade
    from pgtwin.major_upgrade import major_upgrade

    desk = Desk(config, as_json=json)
    if not postgres:
        carry_out(desk, "upgrade", lambda run: machines_upgrade(run, desk.sites), dry_run=dry_run)
        return
    carry_out(
        desk,
        "upgrade --postgres",
        lambda run: major_upgrade(run, desk.sites, to=desk.topology.database.postgres),
        dry_run=dry_run,
    )
