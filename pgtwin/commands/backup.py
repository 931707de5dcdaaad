"""`pgtwin backup`."""

from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json, Site


def register(app: typer.Typer) -> None:
    """Add the commands."""
    backup = typer.Typer(help="Physical base backups: take one, list them.", no_args_is_help=True)
    backup.command("now", epilog="Example: pgtwin backup now --site dr")(now)
    backup.command("list", epilog="Example: pgtwin backup list")(list_)
    app.add_typer(backup, name="backup")


def now(
    site: Annotated[
        Site | None,
        typer.Option(help="Site that takes it, into its own archive; default: the writer's."),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Take a base backup now."""
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.desk import Desk
    from pgtwin.plan import Plan, Step
    from pgtwin.run import Run

    desk = Desk(config, as_json=json)
    taker = site or desk.writer(asks=not dry_run)
    what = f"backup now --site {taker}"

    def plan(run: Run) -> Plan:
        take = Step(
            name="take a base backup",
            changes=f"one more base backup in {taker}'s archive",
            undo="nothing to undo; retention removes it",
            act=lambda: run.tell(f"base backup {run.sites[taker].back_up()}"),
        )
        return Plan(what=f"base backup of {taker}", steps=(take,), repeat=f"pgtwin {what}")

    carry_out(desk, what, plan, dry_run=dry_run, needed=(taker,))


def list_(config: Config = DEFAULT_CONFIG, json: Json = False) -> None:
    """List the finished base backups of both archives, newest last."""
    from functools import partial

    from pgtwin.aws.at_once import at_once
    from pgtwin.aws.base_backups import base_backups
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.listed import listed
    from pgtwin.deadlines import LISTING_SECONDS
    from topology.site import SITES

    desk = Desk(config, as_json=json)
    with desk.working("list both archives"):
        found = at_once(
            {name: partial(base_backups, desk.buckets, name) for name in SITES}, LISTING_SECONDS
        )
    document = listed(found)
    lines = [f"{name}  {each}" for name, each in document.items() if isinstance(each, str)]
    lines += [
        f"{name}  {backup['server_name']}  {backup['id']}  {backup['ended']}"
        for name, each in document.items()
        if not isinstance(each, str)
        for backup in each
    ]
    desk.result(document, "\n".join(lines) or "no finished base backup")
