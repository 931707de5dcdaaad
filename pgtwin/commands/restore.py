"""`pgtwin restore`."""

from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json, Site


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Example: pgtwin restore --at 2026-11-22T09:30:00Z --into before-the-mistake"
    )(restore)


def restore(
    at: Annotated[str, typer.Option(help="Moment to restore to, ISO 8601 with a zone.")],
    into: Annotated[str, typer.Option(help="Name of the new cluster.")],
    site: Annotated[
        Site | None, typer.Option(help="Site whose archive is restored; default: the writer's.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Restore to a point in time, into a new cluster.

    Says first what can be restored. No cluster that exists is touched.
    """
    from pgtwin import restore as core
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.new_names import refuse_cluster_name
    from pgtwin.commands.typed_times import moment

    desk = Desk(config, as_json=json)
    when = moment("--at", at)
    refuse_cluster_name(desk.topology, into)
    source = site or desk.writer(asks=not dry_run)
    if not dry_run:
        with desk.working(f"ask {source} what can be restored"):
            document = desk.sites[source].status()
        window = document.get("base_backups") or {}
        since = window.get("restorable_from") or "an unknown moment on"
        desk.say(f"{source}'s archive can be restored from {since}")
    carry_out(
        desk,
        f"restore --into {into}",
        lambda run: core.restore(run, at=when, into=into, on=source, source=source),
        dry_run=dry_run,
        needed=(source,),
    )
