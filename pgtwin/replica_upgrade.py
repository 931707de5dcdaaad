"""The replica of a major upgrade: cloned again, since none follows across a major version.

Until these steps its cluster is the way back, so they come after the new version's first base
backup.
"""

from collections.abc import Mapping
from functools import cached_property

from pgtwin.new_archive import record_archive
from pgtwin.plan import Step
from pgtwin.run import Run
from pgtwin.upgradable_site import UpgradableSite
from topology.site import SITES, SiteName, other_site

CLONE_SECONDS = 3600.0
"""The size of the database decides; the host program reports progress meanwhile."""


class ReplicaUpgrade:
    """Its steps; which site it is, is looked up when the first is taken."""

    def __init__(self, run: Run, sites: Mapping[SiteName, UpgradableSite], to: int) -> None:
        self._run = run
        self._sites = sites
        self._to = to

    @cached_property
    def writer_name(self) -> SiteName:
        """The site that writes; an upgrade does not move it."""
        return self._run.newest_record(SITES).writer

    @property
    def name(self) -> SiteName:
        """The other one."""
        return other_site(self.writer_name)

    @property
    def site(self) -> UpgradableSite:
        """Its site."""
        return self._sites[self.name]

    def record(self) -> Step:
        """A new server name, in both regions."""

        def act() -> None:
            newest, state = self._run.newest_record(SITES), self.site.observe()
            # Nobody knows what is in the archive of a cluster that is gone.
            if not state.exists or newest.server_names[self.name] == state.server_name:
                name = newest.next_server_name(self.name)
                record_archive(self._run, self.name, name)
            else:
                self._run.write_record(newest, SITES)

        return Step(
            name="assign the replica a new server name",
            changes="the record in both regions gives the replica a new server name",
            undo="nothing to undo: an unused name costs nothing",
            act=act,
            done=self.is_upgraded,
        )

    def clone(self) -> Step:
        """The old cluster away, a new one from the writer's base backup."""

        def act() -> None:
            name = self._run.newest_record(SITES).server_names[self.name]
            self.site.follow(name)
            self._run.wait_until(
                self._follows, f"{self.name} follows {self.writer_name}", CLONE_SECONDS
            )

        return Step(
            name="clone the replica",
            changes="the replica's cluster is deleted and cloned from the new version",
            undo="none: until it follows there is no second region",
            act=act,
            done=lambda: self.is_upgraded() and self._follows(),
        )

    def is_upgraded(self) -> bool:
        """Whether the replica has data of the new version."""
        return self.site.observe().postgres == self._to

    def _follows(self) -> bool:
        state = self.site.observe()
        return state.role == "replica" and state.following and state.postgres == self._to
