"""`pgtwin pin-ami`."""

from typing import TYPE_CHECKING

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json

if TYPE_CHECKING:
    from pgtwin.commands.desk import Desk


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("pin-ami", epilog="Example: pgtwin pin-ami --dry-run")(pin_ami)


def pin_ami(config: Config = DEFAULT_CONFIG, json: Json = False, dry_run: DryRun = False) -> None:
    """Write today's image ids into the configuration.

    Comments stay. Only for a site without machines: another image would replace all of them at
    once.
    """
    from pgtwin.aws.ubuntu_image import ubuntu_image
    from pgtwin.commands.desk import Desk
    from pgtwin.configuration import set_amis
    from topology.site import SITES

    desk = Desk(config, as_json=json)
    with desk.working("look for images"):
        amis = {
            name: ubuntu_image(desk.clients[name], desk.topology.site(name).architecture)
            for name in SITES
        }
    if dry_run:
        desk.show_plan(
            "pin-ami",
            tuple(
                {"step": f"pin {name}", "changes": f"{config}: {name}.ami: {ami}", "undo": "git"}
                for name, ami in amis.items()
            ),
        )
        return
    _refuse_to_replace_all(desk)
    set_amis(config, amis)
    text = [f"{config}: {name}.ami is {ami}" for name, ami in amis.items()]
    desk.result(amis, "\n".join([*text, "commit it, then run: make deploy"]))


def _refuse_to_replace_all(desk: "Desk") -> None:
    from pgtwin.aws.running_machines import running_machines
    from pgtwin.errors import PlanRefused
    from topology.site import SITES

    for site in SITES:
        running = running_machines(desk.clients[site], desk.topology.names, site)
        if running and desk.topology.site(site).ami is not None:
            raise PlanRefused(
                f"{site} has {len(running)} machines, and another {site}.ami would replace all of "
                "them at once; nothing was changed - for one after the other, run: pgtwin roll "
                f"--site {site} --image newest"
            )
