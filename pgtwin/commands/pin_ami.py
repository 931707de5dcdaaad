"""`pgtwin pin-ami`."""

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("pin-ami", epilog="Example: pgtwin pin-ami --dry-run")(pin_ami)


def pin_ami(config: Config = DEFAULT_CONFIG, json: Json = False, dry_run: DryRun = False) -> None:
    """Write today's Ubuntu image ids into the configuration; comments stay."""
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
    set_amis(config, amis)
    text = [f"{config}: {name}.ami is {ami}" for name, ami in amis.items()]
    desk.result(amis, "\n".join([*text, "commit it; the next deploy replaces machines"]))
