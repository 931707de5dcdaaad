"""The step of a failback that deletes a site's cluster and clones it from the writer.

What always holds:

1. The deletion is confirmed with the cluster's name, in the very step that deletes: under the lock,
   and for what was seen within two minutes (`pgtwin/deletion.py`).
2. The clone gets a new server name, recorded in both regions after the word and directly before the
   clone: the record never runs ahead to a name that a refused word leaves unused.
3. A clone that is under way is waited for and not begun again. Its deletion is asked for only where
   it broke, or did not come to follow in its time. A whole replica that has just started, or that
   a failover has fenced, is let go on and waited for in the same way.
4. A site that follows is left alone, and the record gets the name under which it archives. One that
   is ahead of the writer's history follows no more, however young its heartbeat, and is no clone
   that could be waited for.
"""

from pgtwin.deletion import confirm_deletion
from pgtwin.errors import SiteFailed, SiteRefused, SiteTimedOut, StepTimedOut
from pgtwin.fork import forked
from pgtwin.new_archive import record_archive
from pgtwin.plan import Step
from pgtwin.record import NO_PROMOTION, is_later_generation
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from topology.site import SITES, SiteName, other_site

STARTS_SECONDS = 300.0
"""Enough for PostgreSQL of machines that have just started to replay what it missed."""
CLONE_SECONDS = 3600.0
"""The size of the database decides; the host program reports progress meanwhile."""


class Clone:
    """Of the site `name`, from the other."""

    def __init__(self, run: Run, name: SiteName) -> None:
        self._run = run
        self._name: SiteName = name
        self._writer_name = other_site(name)
        self._site = run.sites[name]
        self._follows_text = f"{name} follows {self._writer_name}"

    def step(self, cluster: str) -> Step:
        """`cluster` is the word for the deletion."""

        def act() -> None:
            state = self._site.observe()
            if self._follows(state):
                record_archive(self._run, self._name, state.server_name)
                return
            if self._is_under_way(state):
                if self._ended_well(state.server_name):
                    return
            elif self._is_whole(state) and self._came_back(state):
                return
            confirm_deletion(self._run, self._name, cluster)
            name = self._next_name()
            record_archive(self._run, self._name, name)
            self._follow(name)

        return Step(
            name="clone",
            changes=f"{self._name}'s cluster is deleted and cloned from {self._writer_name}, under "
            "a new server name in both regions' records",
            undo="none: the deletion was confirmed by name; the old archive stays",
            act=act,
            done=self._cloned,
        )

    def _is_under_way(self, state: SiteState) -> bool:
        """Whether the site's cluster is a clone that a failback began, and is not broken."""
        newest = self._run.newest_record(SITES)
        name = newest.server_names[self._name]
        begun = newest.token == NO_PROMOTION and is_later_generation(name)
        was_up = state.timeline is not None
        broken = state.fenced or (was_up and state.lsn is None)
        return begun and not broken and self._is_whole(state)

    def _is_whole(self, state: SiteState) -> bool:
        """Whether it is the replica that the record has, as far as can be seen while it is down."""
        name = self._run.newest_record(SITES).server_names[self._name]
        is_replica = state.exists and state.role == "replica" and not state.demotion_token
        is_recorded = state.server_name == name and not state.recovery_paused
        return is_replica and is_recorded and not self._is_ahead(state)

    def _came_back(self, state: SiteState) -> bool:
        """Let it go on, and wait; whether it came to follow."""
        self._run.tell(f"{self._name} is a replica that does not follow yet, and is waited for")
        try:
            if state.fenced:
                self._site.unfence()
            self._run.wait_until(self._cloned, self._follows_text, STARTS_SECONDS)
        except (SiteFailed, SiteRefused, StepTimedOut) as error:
            self._run.tell(f"{self._name} does not come to follow: {error}")
            return False
        return True

    def _ended_well(self, name: str) -> bool:
        """Wait for a clone that an earlier run began; whether it follows."""
        self._run.tell(f"the clone of {self._name} as {name} is under way, and is waited for")
        try:
            self._follow(name)
        except (SiteTimedOut, StepTimedOut) as error:
            self._run.tell(f"the clone of {self._name} has not started following: {error}")
            return False
        return True

    def _follow(self, name: str) -> None:
        self._site.follow(name)
        self._run.wait_until(self._cloned, self._follows_text, CLONE_SECONDS)

    def _next_name(self) -> str:
        """One that the record has already is as good, where a cluster archives elsewhere."""
        state, newest = self._site.observe(), self._run.newest_record(SITES)
        name = newest.server_names[self._name]
        if state.exists and state.server_name != name:
            return name
        return newest.next_server_name(self._name)

    def _cloned(self) -> bool:
        state = self._site.observe()
        recorded = self._run.newest_record(SITES).server_names[self._name]
        return state.server_name == recorded and self._follows(state)

    def _follows(self, state: SiteState) -> bool:
        return state.is_following_replica and not self._is_ahead(state)

    def _is_ahead(self, state: SiteState) -> bool:
        return forked(self._run.observe(self._writer_name), state) is not None
