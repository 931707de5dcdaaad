"""`pgtwin protect`."""

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin protect --config config/lab.yaml")(protect)


def protect(config: Config = DEFAULT_CONFIG, json: Json = False, dry_run: DryRun = False) -> None:
    """Protect stacks and machines from deletion.

    Or lift it, as `termination_protection` says. `make deploy` ends with it: before a site is
    ready, protection would only keep a deployment that failed from being rolled back.
    """
    from pgtwin.aws.protection import protect as set_protection
    from pgtwin.commands.desk import Desk
    from topology.site import SITES

    desk = Desk(config, as_json=json)
    wanted = {site: desk.topology.site(site).termination_protection for site in SITES}
    words = {True: "refuse deletion", False: "may be deleted"}
    if dry_run:
        desk.show_plan(
            "protect",
            tuple(
                {
                    "step": f"protect {site}",
                    "changes": f"{site}'s stack and machines {words[protected]}",
                    "undo": f"{config}: {site}.termination_protection, then pgtwin protect",
                }
                for site, protected in wanted.items()
            ),
        )
        return
    result, lines = {}, []
    for site, protected in wanted.items():
        told = set_protection(desk.clients[site], desk.topology.names, site, protected=protected)
        result[site] = {"protected": protected, "resources": list(told)}
        what = f"{', '.join(told)} {words[protected]}" if told else "no stack"
        lines.append(f"{site}: {what}")
    desk.result(result, "\n".join(lines))
