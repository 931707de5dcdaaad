"""The steps before `cdk destroy`: what `pgtwin` has changed of the stacks is as they made it again.

What always holds: nothing is put back while a stack refuses deletion, or without the system's name
where that leads clients to a site that does not write, or opens the archive of a fenced one. What
CloudFormation has deleted already is not made again: it would be in the way of what is left.
"""

from dataclasses import dataclass, field

from pgtwin.aws.stack import site_stack
from pgtwin.commands.desk import Desk
from pgtwin.errors import PlanRefused
from pgtwin.plan import Plan, Step
from pgtwin.run import Run
from topology.site import SiteName


@dataclass(kw_only=True)
class Destruction:
    """Of the stacks of `sites`."""

    desk: Desk
    sites: tuple[SiteName, ...]
    standing: list[SiteName] = field(default_factory=list)
    """Those that have a stack."""

    def plan(self, run: Run) -> Plan:
        """Every step."""
        return Plan(
            what="prepare-destroy",
            steps=(self._check(run), self._lead_home(), self._open()),
            repeat="make destroy",
        )

    def _check(self, run: Run) -> Step:
        def act() -> None:
            names = self.desk.topology.names
            self.standing = []
            for site in self.sites:
                stack = site_stack(self.desk.clients[site], names, site)
                if stack is None:
                    run.tell(f"{site} has no stack {names.stack(site)}")
                    continue
                if stack.is_protected:
                    raise PlanRefused(
                        f"{stack.name} refuses deletion; nothing was changed - set "
                        f"`termination_protection: false` for {site} in {self.desk.config}, then "
                        "run: pgtwin protect"
                    )
                self.standing.append(site)
            changed = [change for site in self.standing for change in self._changes(site)]
            if changed:
                run.confirm(_warning(changed), names.system)

        return Step(
            name="check",
            changes="nothing; refused while a stack refuses deletion",
            undo="nothing to undo",
            act=act,
        )

    def _changes(self, site: SiteName) -> list[str]:
        here = self.desk.sites[site]
        host = self.desk.topology.names.writer_alias()
        changes = []
        if here.alias_is_own() is False:
            changes.append(f"{host} in {site}'s region leads to {site} again, whoever writes")
        if here.archive_is_closed() is not False:
            changes.append(f"the machines of {site} may write to their archive again")
        return changes

    def _lead_home(self) -> Step:
        def act() -> None:
            for site in self.standing:
                if self.desk.sites[site].alias_is_own() is not None:
                    self.desk.sites[site].point_alias(site)

        return Step(
            name="lead each region to its own site",
            changes="the writer's name in each region is as its stack has made it",
            undo="pgtwin switchover or failover --to the writer's site, which leads clients there",
            act=act,
        )

    def _open(self) -> Step:
        def act() -> None:
            for site in self.standing:
                self.desk.sites[site].open_archive()

        return Step(
            name="open the archives",
            changes="the roles of the machines are as their stack has made them",
            undo="keep a fenced site's machines stopped",
            act=act,
        )


def _warning(changed: list[str]) -> str:
    return "\n".join(
        (
            "Before the stacks are deleted:",
            *(f"  - {change}" for change in changed),
            "Do this only to destroy them.",
        )
    )
