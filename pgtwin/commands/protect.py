"""`pgtwin protect`."""

import typer

from pgtwin.commands.options import ALL_STACKS, DEFAULT_CONFIG, Config, DryRun, Json, Stacks


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin protect --config config/lab.yaml")(protect)


def protect(
    stacks: Stacks = ALL_STACKS,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Protect stacks and machines from deletion.

    Lifts the protection where `termination_protection` is false. `make deploy` runs it near its
    end: before a site is ready, protection would only keep a deployment that failed from being
    rolled back. If one site does not answer, the other is still protected.
    """
    from pgtwin.aws.protection import protect as set_protection
    from pgtwin.commands.desk import Desk
    from pgtwin.errors import SiteError
    from topology.names import sites_of

    desk = Desk(config, as_json=json)
    wanted = {site: desk.topology.site(site).termination_protection for site in sites_of(stacks)}
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
    result, lines, failed = {}, [], []
    for site, protected in wanted.items():
        clients, names = desk.clients[site], desk.topology.names
        try:
            told = set_protection(clients, names, site, protected=protected)
        except SiteError as error:
            failed.append(error)
            continue
        result[site] = {"protected": protected, "resources": list(told)}
        what = f"{', '.join(told)} {words[protected]}" if told else "no stack"
        lines.append(f"{site}: {what}")
    desk.result(result, "\n".join(lines))
    if failed:
        raise type(failed[0])("\n".join(str(each) for each in failed))
