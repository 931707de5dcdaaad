"""`pgtwin rotate-certificates`."""

from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json

OVERLAP_DAYS = 14


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rotate-certificates", epilog="Example: pgtwin rotate-certificates --authority")(
        rotate_certificates
    )


def rotate_certificates(
    authority: Annotated[
        bool, typer.Option("--authority", help="Name the next authority, too.")
    ] = False,
    overlap_days: Annotated[
        int,
        typer.Option(
            min=0,
            max=365,
            help="How long clients have to fetch the next authority before it signs.",
        ),
    ] = OVERLAP_DAYS,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Issue the certificates of both sites anew; connections that are open stay open.

    With --authority both are trusted from now on, and the next one signs after --overlap-days.
    Until then every client fetches it: pgtwin connect --print says where it is.
    """
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.certificate_rotation import new_leaves, next_authority
    from pgtwin.commands.desk import Desk

    desk = Desk(config, as_json=json)
    repeat = "pgtwin rotate-certificates"
    if authority:
        repeat += f" --authority --overlap-days {overlap_days}"
    carry_out(
        desk,
        repeat.removeprefix("pgtwin "),
        lambda run: (
            next_authority(desk, run, overlap_days, repeat)
            if authority
            else new_leaves(desk, run, repeat)
        ),
        dry_run=dry_run,
        needed=("dr",),
    )
