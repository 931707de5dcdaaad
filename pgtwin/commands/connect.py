"""`pgtwin connect`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json, Site

if TYPE_CHECKING:
    from pgtwin.commands.desk import Desk


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin connect --print")(connect)


def connect(
    only_print: Annotated[
        bool, typer.Option("--print", help="Only print the connection string.")
    ] = False,
    site: Annotated[
        Site | None, typer.Option(help="Go through this site; the writer's if left out.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=1024, max=65535, help="The port on this machine.")
    ] = 15432,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Open psql to the writer, through Session Manager; or print what applications use.

    Needs psql and session-manager-plugin on this machine. Opens no port in AWS.
    """
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.tunnel import tunnel
    from pgtwin.connection_strings import writer_uri

    desk = Desk(config, as_json=json)
    database, names = desk.topology.database, desk.topology.names
    uri = writer_uri([names.writer_alias()], user=database.owner, database=database.name)
    if only_print:
        secret = names.database_secret(database.owner)
        both, unknown = _both_sites(desk)
        lines = [
            uri,
            both or f"not known: both sites' load balancers: {'; '.join(unknown.values())}",
            f"The password is in the secret {secret} (Secrets Manager, both regions).",
        ]
        desk.result(
            {"uri": uri, "both_sites_uri": both, "unknown": unknown, "secret": secret},
            "\n".join(lines),
        )
        return
    through = site or desk.topology.writer
    if dry_run:
        desk.show_plan(
            "connect",
            (
                {
                    "step": "forward",
                    "changes": f"port {port} here leads to {through}'s writer",
                    "undo": "closed when psql ends",
                },
            ),
        )
        return
    raise typer.Exit(tunnel(desk, through, port))


def _both_sites(desk: "Desk") -> tuple[str | None, dict[str, str]]:
    """The string that names both sites, and what keeps it from being known."""
    from pgtwin.aws.at_once import at_once
    from pgtwin.aws.load_balancer import LoadBalancer
    from pgtwin.aws.site_parameters import SiteParameters
    from pgtwin.connection_strings import writer_uri
    from pgtwin.deadlines import CALL_SECONDS
    from topology.site import SITES

    topology, clients = desk.topology, desk.clients
    asked: dict[str, Callable[[], str]] = {
        name: LoadBalancer(clients[name], SiteParameters(clients[name], topology.names), name).host
        for name in sorted(SITES, key=lambda name: name != topology.writer)
    }
    found = at_once(asked, CALL_SECONDS)
    unknown = {name: str(each) for name, each in found.items() if isinstance(each, Exception)}
    if unknown:
        return None, unknown
    database = topology.database
    hosts = [str(each) for each in found.values()]
    return writer_uri(hosts, user=database.owner, database=database.name), {}
