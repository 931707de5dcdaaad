"""`pgtwin dump`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json, Site

if TYPE_CHECKING:
    from pgtwin.aws.dumps import Dumps
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.restore_dump import Restored

Id = Annotated[str, typer.Argument(help="Id of the dump, from pgtwin dump list.")]
From = Annotated[Site, typer.Option("--from", help="Site whose bucket is read.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    dump = typer.Typer(help="Logical dumps: take, list, fetch, restore.", no_args_is_help=True)
    dump.command("now", epilog="Example: pgtwin dump now")(now)
    dump.command("list", epilog="Example: pgtwin dump list")(list_)
    dump.command("get", epilog="Example: pgtwin dump get 20261122T040000Z --to /tmp/dump")(get)
    dump.command(
        "restore", epilog="Example: pgtwin dump restore 20261122T040000Z --into app_db_before"
    )(restore)
    app.add_typer(dump, name="dump")


def now(
    site: Annotated[
        Site | None,
        typer.Option(help="Site that takes the dump; only the writer's can. Default: that one."),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Take a dump now, into both buckets."""
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.desk import Desk
    from pgtwin.plan import Plan, Step
    from pgtwin.run import Run

    desk = Desk(config, as_json=json)
    taker = site or desk.writer(asks=not dry_run)
    what = f"dump now --site {taker}"

    def plan(run: Run) -> Plan:
        step = Step(
            name="dump",
            changes="one more dump in both buckets",
            undo="nothing to undo; it expires",
            act=lambda: run.tell(f"dump {run.sites[taker].dump()}"),
        )
        return Plan(what=f"dump on {taker}", steps=(step,), repeat=f"pgtwin {what}")

    carry_out(desk, what, plan, dry_run=dry_run, needed=(taker,))


def list_(config: Config = DEFAULT_CONFIG, json: Json = False) -> None:
    """List the complete dumps of both buckets, newest last."""
    from pgtwin.aws.at_once import at_once
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.listed import listed
    from pgtwin.deadlines import LISTING_SECONDS
    from topology.site import SITES

    desk = Desk(config, as_json=json)
    with desk.working("list both buckets"):
        found = at_once({name: _dumps(desk, name).complete for name in SITES}, LISTING_SECONDS)
    document = listed(found)
    lines = [
        f"{name}  {dump}"
        for name, each in document.items()
        for dump in ([each] if isinstance(each, str) else each)
    ]
    desk.result(document, "\n".join(lines) or "no complete dump")


def get(
    dump: Id,
    to: Annotated[Path, typer.Option(help="A folder that does not exist yet.")],
    site: From = "primary",
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Download a dump and check every file of it."""
    from pgtwin.aws.dumps import prefix_beside, refuse_no_id, refuse_taken
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.download_folder import name_left_behind

    desk = Desk(config, as_json=json)
    refuse_no_id(dump)
    refuse_taken(to)
    dumps = _dumps(desk, site)
    if dry_run:
        desk.show_plan(
            f"get {dump}",
            ({"step": "download", "changes": f"a new folder {to}", "undo": "delete it"},),
        )
        return
    name_left_behind(desk, to.parent, prefix_beside(to))
    with desk.working("download"):
        files = dumps.fetch(dump, to)
    desk.conclude({"dump": dump, "folder": str(to), "files": list(files)}, f"{to}: checked, whole")


def restore(
    dump: Id,
    into: Annotated[str, typer.Option(help="A database that does not exist yet.")],
    site: From = "primary",
    jobs: Annotated[int, typer.Option(min=1, max=16, help="Parallel jobs of pg_restore.")] = 2,
    yes_run_as: Annotated[
        str | None,
        typer.Option(
            metavar="USER",
            help="Trust the dump: run its SQL as this user, who has other databases there.",
        ),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Restore a dump into a new database beside the old one.

    Uses psql, createdb and pg_restore on this machine, and the server that PGHOST, PGPORT, PGUSER
    and PGPASSWORD name: the writer as the database's owner, or an empty server as its superuser.
    Roles that the server lacks are made without a password; what is left out is named. A dump
    is SQL and can do all that PGUSER may: where that is a user of other databases, confirm it
    with --yes-run-as, or use a role that owns nothing.
    """
    from dataclasses import asdict

    from pgtwin.aws.dumps import refuse_no_id
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.download_folder import temporary_folder
    from pgtwin.commands.new_names import refuse_database_name
    from pgtwin.commands.restore_dump import refuse_early, restore_dump
    from topology.site import other_site

    desk = Desk(config, as_json=json)
    refuse_no_id(dump)
    refuse_database_name(desk.topology, into)
    dumps = _dumps(desk, site)
    if dry_run:
        desk.show_plan(f"restore dump {dump}", _restore_steps(into))
        return
    refuse_early(into, confirmed=yes_run_as)
    with temporary_folder(desk) as folder:
        desk.say(f"download {dump}")
        with desk.working("download"):
            dumps.fetch(dump, folder / dump)
        desk.say(f"restore into {into}")
        with desk.working("restore"):
            found = restore_dump(
                folder / dump,
                into,
                jobs,
                confirmed=yes_run_as,
                instead=f"repeat with --from {other_site(site)}",
            )
    told = [f"{dump} is in the database {into}"]
    told += [
        f"made without a password: the {_kind(role, found)} {role}" for role in found.roles_made
    ]
    told += [f"left out: {what}" for what in found.left_out]
    told += [f"not in the dump: {what}: {', '.join(n)}" for what, n in found.not_held.items()]
    desk.conclude({"dump": dump, "database": into, **asdict(found)}, "\n".join(told))


def _restore_steps(into: str) -> tuple[dict[str, str], ...]:
    return (
        {"step": "download", "changes": "a temporary folder", "undo": "deleted at the end"},
        {"step": "restore", "changes": f"a new database {into}", "undo": f"dropdb --force {into}"},
    )


def _kind(role: str, found: "Restored") -> str:
    return "superuser" if role in found.superusers_made else "role"


def _dumps(desk: "Desk", site: Site) -> "Dumps":
    from pgtwin.aws.dumps import Dumps

    return Dumps(buckets=desk.buckets, site=site, database=desk.topology.database.name)
