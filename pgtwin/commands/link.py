"""`pgtwin link`."""

from typing import TYPE_CHECKING, Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json

if TYPE_CHECKING:
    from pgtwin.aws.region_path import RegionPath
    from pgtwin.commands.desk import Desk


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin link --dry-run")(link)


def link(
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the path; needed before a stack is deleted.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Make the private path between the two VPCs.

    `replication: streaming` and `synchronous` need it. Makes what is missing of the peering, the
    routes and a name on each side. With `archive` it removes what it once made; a peering of
    yours stays. `make deploy` ends with this.
    """
    from pgtwin.aws.region_path import RegionPath
    from pgtwin.commands.carry_out import SystemClock
    from pgtwin.commands.desk import Desk

    desk = Desk(config, as_json=json)
    makes = desk.topology.streams and not remove
    with desk.working("look at the path"):
        path = RegionPath(desk.topology, dict(desk.clients), clock=SystemClock())
    if dry_run:
        _show(desk, path, makes=makes)
        return
    with desk.working("make the path" if makes else "remove the path"):
        parts = path.make() if makes else path.remove()
    verb = "made" if makes else "removed"
    lines = [f"{verb}: {part}" for part in parts] or ["the path is as the configuration says"]
    desk.result({verb: list(parts)}, "\n".join(lines))


def _show(desk: "Desk", path: "RegionPath", *, makes: bool) -> None:
    with desk.working("look at the path"):
        parts = path.missing() if makes else path.left()
    what = "made" if makes else "removed"
    undo = "pgtwin link --remove" if makes else "pgtwin link, if it streams"
    desk.show_plan("link", tuple({"step": part, "changes": what, "undo": undo} for part in parts))
