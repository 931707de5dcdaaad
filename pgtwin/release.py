"""A failover that was begun and given up before anything was promoted: the old writer goes on.

What always holds: PostgreSQL is kept stopped here until the end, also on machines that run; where
one answers nobody it is not known to be, and the release stops. Machines run before the record
moves back, so that they see their copy rise: it lets clients in while the other region is silent.
The other site's copy is moved back first, which refuses every promotion that is still on its way;
then the other site is seen to be a replica; only then does this region's copy name this site, and
is the fence taken away. Where the other site was promoted meanwhile the record goes back. It always
moves to a new epoch, and above all that the other region may have where nobody can read it: a put
of the cancelled failover that lands late is of an old one.

Where the other site cannot be asked, or has no Cluster that could tell, nobody but a person can say
that it was never promoted, in words of its own; where the record tells that it was the writer, not
even a person can.

us-east-1 is not needed: a failover closes the archive only behind its promotion, so nothing is
closed but what an older failback left so; that is opened last, and stops nothing.
"""

from pgtwin.deadlines import STOPPED_SECONDS
from pgtwin.errors import PlanRefused, SiteHangs, SiteUnreachable
from pgtwin.failback_check import as_a_replica, brought_back
from pgtwin.leftovers import open_leftover
from pgtwin.plan import Plan, Step
from pgtwin.record import NO_PROMOTION, Record
from pgtwin.release_check import is_no_old_writer, was_surely_promoted
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from pgtwin.steps import start_step
from pgtwin.vouching import beyond_the_unseen, never_promoted
from topology.site import SiteName, other_site


def release(run: Run, site: SiteName) -> Plan:
    """Take the fence away from `site`: the other one was not promoted."""
    steps = _Steps(run, site)
    return Plan(
        what=f"release of {site}",
        steps=(
            steps.check(),
            start_step(run, site),
            steps.hold(),
            steps.record_back(),
            steps.lift(),
            open_leftover(run, site),
        ),
        repeat=f"pgtwin failback --site {site} --release",
    )


class _Steps:
    """The steps that let `name` go on as before."""

    def __init__(self, run: Run, name: SiteName) -> None:
        self._run = run
        self._name: SiteName = name
        self._other_name = other_site(name)
        self._site = run.sites[name]
        self._other = run.sites[self._other_name]
        self._moves = False
        """Whether the record is on its way back; where that is refused it returns."""

    def check(self) -> Step:
        def act() -> None:
            self._refuse_a_replica(self._run.observe(self._name))
            self._refuse_if_promoted()

        return Step(
            name="check",
            changes="nothing",
            undo="nothing to undo",
            act=act,
        )

    def hold(self) -> Step:
        def held() -> bool:
            state = self._run.observe(self._name)
            self._refuse_a_replica(state)
            return state is not None and state.accepts_writes is False

        def act() -> None:
            self._run.newest_record((self._name,))
            self._site.hold(epoch=self._run.known_epoch)
            self._run.wait_until(held, f"PostgreSQL of {self._name} is stopped", STOPPED_SECONDS)

        return Step(
            name="hold",
            changes=f"PostgreSQL of {self._name} is kept stopped",
            undo="nothing to undo: the fence is lifted at the end",
            act=act,
            done=lambda: held() or self._was_released(),
        )

    def record_back(self) -> Step:
        def act() -> None:
            self._refuse_if_promoted()
            newest = self._run.newest_record((self._name,))
            if self._other_name in self._run.unread:
                newest = beyond_the_unseen(newest)
            state = self._site.observe()
            self._run.heed(state)
            newest = self._run.handed(newest, self._name, self._unspent_token(newest, state))
            self._moves = True
            if self._run.vouched:
                self._run.if_it_answers(self._other_name, lambda site: site.write_record(newest))
            else:
                self._run.write_record(newest, (self._other_name,))
            try:
                self._refuse_if_promoted()
            except PlanRefused:
                theirs = self._run.handed(newest, self._other_name, NO_PROMOTION)
                self._run.write_record(theirs, (self._other_name, self._name))
                raise
            self._run.write_record(newest, (self._name,))

        return Step(
            name="move the record back",
            changes=f"the record names {self._name}; {self._other_name} refuses a promotion",
            undo=f"pgtwin failover --to {self._other_name}",
            act=act,
        )

    def lift(self) -> Step:
        def act() -> None:
            self._refuse_if_promoted()
            self._site.unfence()

        return Step(
            name="lift the fence",
            changes=f"the fence of {self._name} is lifted",
            undo="fence it again",
            act=act,
        )

    def _was_released(self) -> bool:
        """Whether the writer serves and nothing ever named the other site, or no copy does any
        more: as in a repetition for what was left to do. It is not stopped then.
        """
        copies = [self._site.read_record()]
        self._run.if_it_answers(self._other_name, lambda site: copies.append(site.read_record()))
        newest = self._run.newest_record((self._name,))
        named = {copy.writer for copy in copies if copy} or {newest.writer}
        state = self._run.observe(self._name)
        return named == {self._name} and state is not None and state.accepts_writes is True

    def _copies(self) -> list[Record]:
        """Those of the regions that answer."""
        found = [self._site.read_record()]
        self._run.if_it_answers(self._other_name, lambda site: found.append(site.read_record()))
        return [copy for copy in found if copy is not None]

    def _unspent_token(self, newest: Record, state: SiteState) -> str:
        """What this site is still to be promoted again with: a way back of a switchover that was
        cut left that. A writer's own token is spent.
        """
        if newest.writer != self._name or state.role == "writer":
            return NO_PROMOTION
        return newest.token or NO_PROMOTION

    def _refuse_if_promoted(self) -> None:
        try:
            other = self._other.observe()
        except SiteHangs:
            raise
        except SiteUnreachable as error:
            self._have_it_vouched_for(f"{self._other_name} does not answer ({error})")
            return
        if not other.exists:
            # It is told nothing any more, and what it accepted may be in its archive alone.
            self._have_it_vouched_for(f"{self._other_name} has no cluster any more")
            return
        if other.role != "replica":
            raise PlanRefused(self._was_promoted(other))

    def _have_it_vouched_for(self, unseen: str) -> None:
        newest = self._newest()
        if was_surely_promoted(self._other_name, newest):
            raise PlanRefused(self._was_promoted(None))
        if self._run.vouched:
            return
        self._run.confirm(
            f"{unseen}, so no one can see whether it was promoted. If it was, or if its promotion "
            "is still under way, both sites will accept writes, and rows will be lost",
            never_promoted(self._other_name),
        )
        self._run.vouched = True

    def _refuse_a_replica(self, state: SiteState | None) -> None:
        """Before it is held: a replica that is kept stopped could take over from nobody."""
        if state is None or not is_no_old_writer(state, self._newest()):
            return
        raise PlanRefused(
            f"{self._name} is a replica that no failover has stopped, so there is nothing to "
            "release; nothing was changed - run: pgtwin status"
        )

    def _was_promoted(self, other: SiteState | None) -> str:
        """Where the record names this site, a failover to it stopped before its promotion."""
        newest, state = self._newest(), self._run.observe(self._name)
        back = brought_back(self._name, newest, state=state, writer=other)
        if self._moves:
            back = f"run: {as_a_replica(self._name)}"
        elif newest is not None and newest.writer == self._name:
            return (
                f"{self._other_name} is told to write, and the record names {self._name} already, "
                "so there is nothing to release; nothing was changed - run: pgtwin status"
            )
        return (
            f"{self._other_name} was promoted, so {self._name} stays fenced; it is brought back as "
            f"a replica - {back}"
        )

    def _newest(self) -> Record | None:
        return max(self._copies(), key=lambda copy: copy.epoch, default=None)
