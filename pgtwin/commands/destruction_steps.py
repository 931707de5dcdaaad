"""The steps before `cdk destroy`: what `pgtwin` has changed of the stacks is as they made it again.

What always holds: nothing is put back while anything of a site refuses deletion, or is to by the
configuration: a deployment that was cut off has lifted the protection of its stack. Nor without
the system's name where that leads clients to a site that does not write, or opens the archive of a
fenced one. What CloudFormation has deleted already is not made again: it would be in the way of the
rest.
"""

from dataclasses import dataclass, field

from pgtwin.aws.running_machines import refuse_termination, running_machines
from pgtwin.aws.stack import Stack, site_stack
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
                self._refuse_what_is_protected(site, stack)
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

    def _refuse_what_is_protected(self, site: SiteName, stack: Stack) -> None:
        clients, names = self.desk.clients[site], self.desk.topology.names
        machines = running_machines(clients, names, site)
        by_instance = {each.instance: node for node, each in machines.items()}
        held = sorted(by_instance[each] for each in refuse_termination(clients, by_instance))
        if stack.is_protected:
            why = f"{stack.name} refuses deletion"
        elif held:
            why = f"{', '.join(held)} of {site} refuses termination"
        elif self.desk.topology.site(site).termination_protection:
            why = f"{self.desk.config} says that {site} refuses deletion"
        else:
            return
        raise PlanRefused(
            f"{why}; nothing was changed - set `termination_protection: false` for {site} in "
            f"{self.desk.config}, then run: pgtwin protect"
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
