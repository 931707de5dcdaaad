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
        bool, typer.Option("--authority", help="Also start the change to a new authority.")
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
    """Reissue the certificates of both sites.

    Open connections stay open. With --authority, clients have to trust both authorities from
    now on; the new one signs after --overlap-days. Every client fetches it before that: pgtwin
    connect --print says where it is.
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
