"""k3s on every machine: the replica's site first, so that a bad version meets no writer."""

from collections.abc import Mapping
from typing import Protocol

from pgtwin.plan import Plan, Step
from pgtwin.run import Run
from topology.site import SITES, SiteName, other_site


class UpgradableMachines(Protocol):
    """A site whose machines can be upgraded."""

    def upgrade(self) -> None:
        """Bring every machine to the bundle's k3s, one at a time."""
        ...


def machines_upgrade(run: Run, sites: Mapping[SiteName, UpgradableMachines]) -> Plan:
    """Upgrade both sites' machines."""

    def upgrade_site(*, writes: bool) -> None:
        writer = run.newest_record(SITES).writer
        sites[writer if writes else other_site(writer)].upgrade()

    def step(which: str, *, writes: bool) -> Step:
        return Step(
            name=f"upgrade the {which}'s site",
            changes="k3s on every machine of the site, one after the other",
            undo="deploy the old version and repeat; Kubernetes supports no downgrade of a minor",
            act=lambda: upgrade_site(writes=writes),
        )

    return Plan(
        what="upgrade",
        steps=(step("replica", writes=False), step("writer", writes=True)),
        repeat="pgtwin upgrade",
    )
