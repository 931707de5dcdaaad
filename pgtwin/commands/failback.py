"""`pgtwin failback`."""

from typing import TYPE_CHECKING, Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json, Site

if TYPE_CHECKING:
    from pgtwin.commands.desk import Desk
    from pgtwin.run import Confirm


FromArchive = Annotated[
    bool,
    typer.Option(
        "--from-archive",
        help="Neither site has a cluster: clone this one from what the writer archived.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin failback --site primary --stay")(failback)


def failback(
    site: Annotated[Site, typer.Option(help="Site that was lost and is back.")],
    stay: Annotated[
        bool, typer.Option("--stay", help="Leave the writer where it is; no switchover.")
    ] = False,
    release: Annotated[
        bool,
        typer.Option(
            "--release",
            help="Cancel a failover that promoted nothing: this site is the writer again.",
        ),
    ] = False,
    from_archive: FromArchive = False,
    yes_delete: Annotated[
        str | None,
        typer.Option(help="For scripts: the name of the old cluster, which is deleted."),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Bring a lost site back, then switch over to it.

    Its cluster is cloned again from the writer, and follows before the switchover.

    Lists first the WAL that the site never archived, and asks for its cluster's name. A run that
    was killed in its switchover continues there.
    """
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.file_journal import journal_folder, was_interrupted_last
    from pgtwin.waiting_commits import warnings

    desk = Desk(config, as_json=json)
    more = stay or yes_delete is not None
    if release:
        _refuse("--release", from_archive or more, other="--from-archive")
        _release(desk, site, dry_run=dry_run)
        return
    if from_archive:
        _refuse("--from-archive", more, other="--release")
        _from_archive(desk, site, dry_run=dry_run)
        return
    confirm = _word(yes_delete, desk.topology.site(site).cluster)
    desk.warn(warnings(desk.topology, site))
    folder = journal_folder(desk.topology.name)
    if stay or not was_interrupted_last(f"switchover --to {site}", folder):
        _bring_back(desk, site, confirm, stay=stay, dry_run=dry_run)
    if not stay:
        _switch_over(desk, site, dry_run=dry_run)


def _bring_back(desk: "Desk", site: Site, confirm: "Confirm", *, stay: bool, dry_run: bool) -> None:
    from pgtwin import failback as core
    from pgtwin.commands.carry_out import carry_out

    cluster = desk.topology.site(site).cluster
    carry_out(
        desk,
        f"failback --site {site}",
        lambda run: core.failback(run, site, cluster=cluster, stay=stay),
        dry_run=dry_run,
        confirm=confirm,
        last=stay,
    )


def _switch_over(desk: "Desk", site: Site, *, dry_run: bool) -> None:
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.configuration import set_writer
    from pgtwin.switchover import switchover

    what = f"switchover --to {site}"
    carry_out(desk, what, lambda run: switchover(run, site), dry_run=dry_run)
    if not dry_run:
        desk.say(set_writer(desk.config, site))


def _refuse(option: str, more: bool, *, other: str) -> None:
    """Say no to options beside one that deletes nothing and moves nothing."""
    from pgtwin.errors import PlanRefused

    if more:
        raise PlanRefused(
            f"{option}: deletes and moves nothing; without --stay, {other} and --yes-delete"
        )


def _release(desk: "Desk", site: Site, *, dry_run: bool) -> None:
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.release import release

    what = f"failback --site {site}"
    carry_out(desk, what, lambda run: release(run, site), dry_run=dry_run, needed=(site,))


def _from_archive(desk: "Desk", site: Site, *, dry_run: bool) -> None:
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.from_the_archive import from_the_archive

    what = f"failback --site {site} --from-archive"
    carry_out(desk, what, lambda run: from_the_archive(run, site), dry_run=dry_run)


def _word(yes_delete: str | None, cluster: str) -> "Confirm":
    """What answers for the deletion of `cluster`: a person, or `--yes-delete`."""
    from functools import partial

    from pgtwin.commands.carry_out import ask
    from pgtwin.deletion import unknown_word
    from pgtwin.errors import PlanRefused
    from topology.given import given

    if yes_delete is None:
        return partial(ask, option="--yes-delete")
    if yes_delete not in (cluster, unknown_word(cluster)):
        raise PlanRefused(f"--yes-delete: {cluster}, not {given(yes_delete)}; nothing was changed")

    def confirm(_text: str, word: str) -> None:
        if yes_delete != word:
            raise PlanRefused(f"--yes-delete: {word}, not {given(yes_delete)}")

    return confirm
