"""The planned change of the writer.

What always holds:

1. At most one site accepts writes. The old writer is shut down, and has said so with its token,
   before the record moves; the record moves, old region first, before the new writer is promoted.
2. No acknowledged row is lost. The promotion carries the token, so the new writer opens only after
   it replayed everything up to the old writer's shutdown checkpoint.
3. Until the promotion has taken hold, any failure leads back to the old writer: the record moves
   back, new region first, so that no promotion that is still on its way is let in; only then is
   the old writer promoted, with its own token. It always moves to a new epoch, so that no demotion
   that is still on its way is let in either.
4. Clients are led to the new writer as soon as it has acknowledged a write. Whatever takes longer
   (the restart of its instances, a base backup, the old writer's start as a replica) comes after.
5. The record has the names under which both sites archive, before the demotion: the demoted site
   follows the archive that it names.
6. Nothing is deleted.

When both sites are replicas, an earlier run was interrupted: the token is in the record once that
has moved, and in the demoted site's status until then. A switchover to either site settles it.
"""

from pgtwin.errors import PlanRefused, StepFailed, unchanged
from pgtwin.handed_token import HandedToken
from pgtwin.new_archive import record_archive
from pgtwin.plan import Plan, Step
from pgtwin.record import NO_PROMOTION, Record
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from pgtwin.steps import alias_step, begin_backup_step, refuse_without_alias, settle_step
from pgtwin.switchover_back import WayBack
from pgtwin.switchover_check import why_not
from topology.site import SITES, SiteName, other_site

FOLLOW_SECONDS = 300.0
"""Enough for the operator to restart the old writer's instances as replicas and find the new
timeline in the archive."""


def switchover(run: Run, to: SiteName) -> Plan:
    """Move the writer to `to`, losing nothing."""
    old = other_site(to)
    steps, back = _Steps(run, old=old, new=to), WayBack(run, old=old, new=to)
    return Plan(
        what=f"switchover to {to}",
        steps=(
            steps.check(),
            steps.write_down(),
            steps.demote(),
            steps.record(),
            steps.promote(),
            alias_step(run, to),
            settle_step(run, to),
            begin_backup_step(run, to),
            steps.follow(),
        ),
        way_back=(back.record(), back.promote(), back.settle()),
        last_way_back="promote",
        repeat=f"pgtwin switchover --to {to}",
    )


class _Steps:
    """The steps between `old` and `new`."""

    def __init__(self, run: Run, *, old: SiteName, new: SiteName) -> None:
        self._run = run
        self._old_name: SiteName = old
        self._new_name: SiteName = new
        self._old = run.sites[old]
        self._new = run.sites[new]
        self._token = HandedToken(run)
        self._seen: tuple[SiteState, ...] = ()
        """What the check saw: it tells who writes until there is a record."""

    def check(self) -> Step:
        def act() -> None:
            old, new = (site.observe(outside=True) for site in (self._old, self._new))
            self._seen = (old, new)
            problem = why_not(self._run.newest_record(SITES, seen=self._seen), old=old, new=new)
            if problem:
                raise PlanRefused(unchanged(problem))
            if old.role == "writer":
                refuse_without_alias(self._run)

        return Step(name="check", changes="nothing", undo="nothing to undo", act=act)

    def write_down(self) -> Step:
        def act() -> None:
            newest = self._run.newest_record(SITES, seen=self._seen)
            if newest.epoch == 0:
                newest = self._run.handed(newest, newest.writer, NO_PROMOTION)
            self._run.write_record(newest, SITES)
            for name, server_name in self._misnamed().items():
                record_archive(self._run, name, server_name)

        def done() -> bool:
            # Without a record the roles tell who writes, and a demotion leaves two replicas.
            return all(self._run.epoch(name) > 0 for name in SITES) and not self._misnamed()

        return Step(
            name="initialise the record",
            changes="the first record in both regions, if nothing was ever promoted",
            undo="nothing to undo",
            act=act,
            done=done,
        )

    def _misnamed(self) -> dict[SiteName, str]:
        """Where each site archives whose name in the record is another, before a demotion.

        The demoted site follows the archive that the record names.
        """
        states = self._seen or (self._old.observe(), self._new.observe())
        if states[0].role != "writer":
            return {}
        names = self._run.newest_record(SITES, seen=states).server_names
        there = {state.site: state.server_name for state in states if state.exists}
        return {site: name for site, name in there.items() if names[site] != name}

    def demote(self) -> Step:
        def act() -> None:
            epoch = self._run.newest_record(SITES).epoch
            self._run.given_token = self._old.demote(to=self._new_name, epoch=epoch)

        def done() -> bool:
            if self._old.observe().role == "writer":
                return False
            return self._new.observe().role == "writer" or self._token.is_there()

        return Step(
            name="demote",
            changes=f"{self._old_name} stops accepting writes and archives its last segment",
            undo=f"{self._old_name} is promoted again with its own token",
            act=act,
            done=done,
        )

    def record(self) -> Step:
        def act() -> None:
            newest = self._run.newest_record(SITES)
            if self._run.given_token:
                newest = self._run.handed(newest, self._new_name, self._run.given_token)
            elif not self._awaits_promotion(newest):
                newest = self._token.handed_to(self._new_name, newest)
            self._run.write_record(newest, (self._old_name, self._new_name))

        def done() -> bool:
            if self._run.given_token:
                return False
            if self._new.observe().role == "writer":
                return True
            copies = [self._run.sites[name].read_record() for name in SITES]
            return all(copy is not None and self._awaits_promotion(copy) for copy in copies)

        return Step(
            name="move the record",
            changes=f"the record in both regions names {self._new_name} and carries the token",
            undo="the next epoch names the old writer again",
            act=act,
            done=done,
        )

    def promote(self) -> Step:
        def act() -> None:
            token = self._run.newest_record(SITES).token
            if not token:
                raise StepFailed(
                    "the record carries no token, and without one rows could be lost - "
                    f"if the old writer is lost, run: pgtwin failover --to {self._new_name}"
                )
            self._new.promote(token)

        def done() -> bool:
            if self._run.given_token:
                return False
            state = self._new.observe()
            return state.role == "writer" and state.accepts_writes is True

        return Step(
            name="promote",
            changes=f"{self._new_name} accepts writes once it has replayed all of the old writer's",
            undo=f"pgtwin switchover --to {self._old_name}",
            act=act,
            done=done,
        )

    def follow(self) -> Step:
        def following() -> bool:
            return self._old.observe().following

        return Step(
            name="follow",
            changes=f"{self._old_name} replays what {self._new_name} archives",
            undo="nothing to undo",
            act=lambda: self._run.wait_until(
                following, f"{self._old_name} follows", FOLLOW_SECONDS
            ),
            done=following,
        )

    def _awaits_promotion(self, record: Record) -> bool:
        return record.writer == self._new_name and self._token.is_unspent(record)
