"""`pgtwin verify`."""

from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json, Site


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin verify --site dr")(verify)


def verify(
    site: Annotated[
        Site | None, typer.Option(help="Site whose bucket to verify; both if left out.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Verify that the backups of a bucket can be restored.

    Restores the newest base backup and the newest dump into a throw-away cluster on that site,
    runs pg_amcheck, compares the rows of both, writes the evidence, and deletes the cluster.
    Each site does the same once per week.
    """
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.evidence import exit_code, gather, plan, text
    from topology.site import SITES

    desk = Desk(config, as_json=json)
    sites = (site,) if site else SITES
    if dry_run:
        desk.show_plan("verify", plan(sites))
        return
    evidence = gather(desk, sites)
    desk.conclude(evidence, text(evidence))
    if not evidence["passed"]:
        desk.say("Safe to repeat. Check first - run: pgtwin status")
        raise typer.Exit(exit_code(evidence))
