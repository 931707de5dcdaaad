"""`pgtwin replace`."""

from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json, Site

Image = Annotated[
    str | None,
    typer.Option(metavar="AMI", help="Image from then on; newest: today's Ubuntu image."),
]
Type = Annotated[str | None, typer.Option(metavar="TYPE", help="Instance type from then on.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin replace --site primary --machine agent-1")(replace)


def replace(
    site: Annotated[Site, typer.Option(help="Site of the machine.")],
    machine: Annotated[str, typer.Option(metavar="NODE", help="Node name, such as agent-1.")],
    image: Image = None,
    instance_type: Type = None,
    lost: Annotated[
        bool, typer.Option("--lost", help="The machine is dead: move nothing off it first.")
    ] = False,
    also_lost: Annotated[
        list[str] | None,
        typer.Option(
            "--also-lost", metavar="NODE", help="With --lost: dead as well, not waited for."
        ),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Have the next deployment replace one machine.

    A new instance takes over the data volume. Needs a healthy site, and the rights of a
    deployment. Then run make deploy, which ends before the machine is back; the next
    replacement waits for that.
    """
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.replacement_steps import Replacement, deployment
    from pgtwin.errors import PlanRefused
    from pgtwin.replacement import Own
    from pgtwin.waiting_commits import warnings

    if also_lost and not lost:
        raise PlanRefused("--also-lost: only with --lost; nothing was changed")
    desk = Desk(config, as_json=json)
    own = Own(ami=image, instance_type=instance_type)
    asked = Replacement(
        desk=desk, site=site, node=machine, own=own, lost=lost, also_lost=tuple(also_lost or ())
    )
    if site != desk.topology.writer:
        desk.warn(warnings(desk.topology, site))
    carry_out(desk, "replace", asked.plan, dry_run=dry_run, needed=(site,))
    if asked.is_done:
        desk.say(f"{asked.said}; nothing was changed")
    elif not dry_run:
        desk.say(f"{asked.said}; commit it, and run: {deployment(config, site)}")
