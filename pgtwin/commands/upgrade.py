"""`pgtwin upgrade`."""

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin upgrade --dry-run")(upgrade)


def upgrade(config: Config = DEFAULT_CONFIG, json: Json = False, dry_run: DryRun = False) -> None:
    """Bring every machine to the deployed k3s version.

    One machine at a time; the replica's site goes first. Deploy the new version before that,
    with make deploy.
    """
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.desk import Desk
    from pgtwin.plan import Plan
    from pgtwin.run import Run
    from pgtwin.step import Step
    from topology.site import SITES

    desk = Desk(config, as_json=json)

    def upgrade_site(run: Run, *, writes: bool) -> None:
        writer = run.newest_record(SITES).writer
        desk.sites[writer if writes else desk.topology.other(writer)].upgrade()

    def step(run: Run, which: str, *, writes: bool) -> Step:
        return Step(
            name=f"upgrade the {which}'s site",
            changes="k3s on every machine of the site, one after the other",
            undo="deploy the old version and repeat; Kubernetes supports no downgrade of a minor",
            act=lambda: upgrade_site(run, writes=writes),
        )

    def plan(run: Run) -> Plan:
        return Plan(
            what="upgrade",
            steps=(step(run, "replica", writes=False), step(run, "writer", writes=True)),
            repeat="pgtwin upgrade",
        )

    carry_out(desk, "upgrade", plan, dry_run=dry_run)
