"""`pgtwin roll`."""

from typing import TYPE_CHECKING, Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json, Site
from pgtwin.commands.replace import Image, Type

if TYPE_CHECKING:
    from pgtwin.commands.desk import Desk
    from pgtwin.replacement import Own


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin roll --site dr --image newest")(roll)


def roll(
    site: Annotated[Site, typer.Option(help="Site of the machines.")],
    image: Image = None,
    instance_type: Type = None,
    deploy: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="Command that deploys; default: make deploy."),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Replace every machine of a site, one at a time.

    They get another image or instance type. Before each one the site has to be healthy again.
    Run it in the checkout, once per site; repeat it to continue: a machine that has the image
    and the type is skipped.
    """
    from pgtwin.commands.desk import Desk
    from pgtwin.errors import PlanRefused
    from pgtwin.replacement import Own
    from pgtwin.waiting_commits import warnings

    if not (image or instance_type):
        raise PlanRefused(
            "--image or --instance-type: one of them is required; nothing was changed"
        )
    asked = Desk(config, as_json=json)
    if site != asked.topology.writer:
        asked.warn(warnings(asked.topology, site))
    nodes = asked.topology.nodes(site)
    for node in nodes:
        desk = Desk(config, as_json=json)  # as the file is by then
        own = Own(ami=image, instance_type=instance_type)
        _one(desk, site, node, own, deploy, dry_run=dry_run, last=node == nodes[-1])


def _one(
    desk: "Desk",
    site: Site,
    node: str,
    own: "Own",
    deploy: str | None,
    *,
    dry_run: bool,
    last: bool,
) -> None:
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.replacement_steps import BACK_SECONDS, Replacement, deployment

    asked = Replacement(
        desk=desk,
        site=site,
        node=node,
        own=own,
        patience_seconds=BACK_SECONDS,
        deployed_by=deploy or deployment(desk.config, site),
    )
    carry_out(desk, "roll", asked.plan, dry_run=dry_run, needed=(site,), last=last)
    if asked.is_done:
        desk.say(asked.said)
