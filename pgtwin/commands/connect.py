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
        bool, typer.Option("--print", help="Only print the connection strings.")
    ] = False,
    site: Annotated[
        Site | None, typer.Option(help="Site to connect through; default: the writer's.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=1024, max=65535, help="The port on this machine.")
    ] = 15432,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Open psql to the writer, or print what clients use.

    Connects through Session Manager, so no port is opened in AWS. Needs psql and
    session-manager-plugin on this machine.
    """
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.tunnel import tunnel

    desk = Desk(config, as_json=json)
    if only_print:
        _print(desk)
        return
    through = site or desk.writer(asks=not dry_run)
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


def _print(desk: "Desk") -> None:
    """Both strings, and what keeps one from being whole."""
    from pgtwin.commands.trusted import trusted_file
    from pgtwin.connection_strings import writer_uri

    database, names = desk.topology.database, desk.topology.names
    file, secret = trusted_file(desk), names.database_secret(database.owner)
    login = {"user": database.owner, "database": database.name}
    uri = writer_uri([names.writer_alias()], **login, trusted=file)
    hosts, unknown = _load_balancers(desk)
    both = writer_uri(hosts, **login, trusted=file) if hosts else None
    missing = _fetch(desk)
    lines = [
        uri,
        both or f"not known: both sites' load balancers: {'; '.join(unknown.values())}",
        f"The password is in the secret {secret} (Secrets Manager, both regions).",
        missing
        or f"The certificates to trust are {names.authority_parameter()} (Parameter Store, "
        f"both regions); as of now: {file}",
    ]
    document = {"uri": uri, "both_sites_uri": both, "unknown": unknown, "secret": secret}
    desk.result({**document, "trusted": None if missing else str(file)}, "\n".join(lines))


def _fetch(desk: "Desk") -> str | None:
    """Fetch the certificates to trust; what keeps them from being known."""
    from pgtwin.commands.trusted import trusted
    from pgtwin.errors import SiteUnreachable

    try:
        trusted(desk)
    except SiteUnreachable as unreachable:
        return str(unreachable)
    return None


def _load_balancers(desk: "Desk") -> tuple[list[str], dict[str, str]]:
    """The hosts of both sites, and what keeps one from being known."""
    from pgtwin.aws.at_once import at_once
    from pgtwin.aws.load_balancer import LoadBalancer
    from pgtwin.aws.site_parameters import SiteParameters
    from pgtwin.deadlines import CALL_SECONDS
    from topology.site import SITES

    topology, clients = desk.topology, desk.clients
    asked: dict[str, Callable[[], str]] = {
        name: LoadBalancer(clients[name], SiteParameters(clients[name], topology.names), name).host
        for name in sorted(SITES, key=lambda name: name != topology.writer)
    }
    found = at_once(asked, CALL_SECONDS)
    unknown = {name: str(each) for name, each in found.items() if isinstance(each, Exception)}
    return [] if unknown else [str(each) for each in found.values()], unknown
