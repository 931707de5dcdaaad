"""`pgtwin upgrade`."""

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, DryRun, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin upgrade --dry-run")(upgrade)


def upgrade(config: Config = DEFAULT_CONFIG, json: Json = False, dry_run: DryRun = False) -> None:
    """Bring every machine to the deployed version of k3s, one at a time.

    The replica's site goes first. Deploy the new version before, with make deploy.
    """
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.desk import Desk
    from pgtwin.plan import Plan
    from pgtwin.run import Run
    from pgtwin.step import Step
    from topology.site import SiteName

    desk = Desk(config, as_json=json)
    writer = desk.topology.writer

    def step(site: SiteName) -> Step:
        return Step(
            name=f"upgrade {site}",
            changes=f"k3s on every machine of {site}, one after the other",
            undo="deploy the old version and repeat; Kubernetes supports no downgrade of a minor",
            act=desk.sites[site].upgrade,
        )

    def plan(run: Run) -> Plan:
        return Plan(
            what="upgrade",
            steps=(step(desk.topology.other(writer)), step(writer)),
            repeat="pgtwin upgrade",
        )

    carry_out(desk, "upgrade", plan, dry_run=dry_run)
