"""`pgtwin failover`."""

from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json, Site


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin failover --to dr --yes-lose-up-to 60s")(failover)


def failover(
    to: Annotated[Site, typer.Option(help="Site to promote.")],
    yes_lose_up_to: Annotated[
        str | None,
        typer.Option(help="For scripts: continue if at most this is lost, such as 60s or 5m."),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Promote a region while the other one is lost.

    Shows what is lost and asks for the name of the cluster. Fences the lost site from outside.
    """
    from functools import partial

    from pgtwin import failover as core
    from pgtwin.client_networks import warnings
    from pgtwin.commands.carry_out import ask, carry_out
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.typed_times import seconds
    from pgtwin.configuration import set_writer

    desk = Desk(config, as_json=json)
    promised = desk.topology.waits_for_the_other_region
    limit = None if yes_lose_up_to is None else seconds("--yes-lose-up-to", yes_lose_up_to)
    cluster = desk.topology.site(to).cluster
    desk.warn(warnings(desk.topology, to))
    carry_out(
        desk,
        f"failover --to {to}",
        lambda run: core.failover(
            run, to, cluster=cluster, lose_up_to_seconds=limit, synchronous=promised
        ),
        dry_run=dry_run,
        needed=(to,),
        confirm=partial(ask, option="--yes-lose-up-to"),
    )
    if not dry_run:
        desk.say(set_writer(config, to))
