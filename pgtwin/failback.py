"""A site that was lost comes back, as a replica of the one that took over.

What always holds:

1. The returning region's copy of the record names the writer before any of its machines is started,
   so that PostgreSQL stays stopped there.
2. That copy has the name under which the writer archives: the clone begins with it.
3. What the returning site holds and never archived is listed, and the deletion is confirmed. Where
   nobody could look that is said, and takes another word: unknown is not nothing.
4. It is cloned under a new server name (`pgtwin/clone.py`). The archive of the old one is never
   written again: restores to a time before the loss keep working from it.
5. The archive that a failover closed is opened only when the site follows.
6. A site whose cluster is gone comes back in the same way, and always under a new server name: what
   its archive holds is unknown here.

It ends with both sites healthy; a switchover then moves the writer, as always.
"""

from pgtwin.clone import Clone
from pgtwin.deadlines import STOPPED_SECONDS
from pgtwin.errors import PlanRefused
from pgtwin.failback_check import BOTH_GONE, is_in_a_switchover, why_not
from pgtwin.new_archive import record_archive
from pgtwin.plan import Plan, Step
from pgtwin.run import Run
from pgtwin.steps import both_healthy_step, start_step
from pgtwin.switchover_check import why_not as why_no_switchover
from topology.site import SITES, SiteName, other_site


def failback(run: Run, site: SiteName, *, cluster: str, stay: bool = False) -> Plan:
    """Re-clone `site`, whose cluster is called `cluster`, from the present writer.

    With `stay` no switchover is to follow, nor after the command that continues this plan.
    """
    steps = _Steps(run, site)
    return Plan(
        what=f"failback of {site}",
        steps=(
            steps.check(),
            steps.renew_the_record(),
            start_step(run, site),
            steps.hold(),
            Clone(run, site).step(cluster),
            steps.open(),
            both_healthy_step(run),
        ),
        repeat=f"pgtwin failback --site {site}{' --stay' if stay else ''}",
    )


class _Steps:
    """The steps that bring `name` back."""

    def __init__(self, run: Run, name: SiteName) -> None:
        self._run = run
        self._name: SiteName = name
        self._writer_name = other_site(name)
        self._site = run.sites[name]
        self._writer = run.sites[self._writer_name]
        self._archive = ""
        """To which the writer archives, as the check saw it."""

    def check(self) -> Step:
        def act() -> None:
            writer, newest = self._writer.observe(), self._run.newest_record(SITES)
            self._archive = writer.server_name
            state = None if writer.role == "writer" else self._run.observe(self._name)
            problem = why_not(self._name, newest, writer=writer, state=state)
            if problem is None:
                return
            then = "run: pgtwin status"
            if state is not None and not (state.exists or writer.exists):
                then = BOTH_GONE
            if (
                state is not None
                and is_in_a_switchover(self._name, newest, writer=writer, state=state)
                and why_no_switchover(newest, old=writer, new=state) is None
            ):
                then = f"run: pgtwin switchover --to {self._name}"
            raise PlanRefused(f"{problem}; nothing was changed - {then}")

        return Step(name="check", changes="nothing", undo="nothing to undo", act=act)

    def renew_the_record(self) -> Step:
        def done() -> bool:
            named = self._run.newest_record(SITES).server_names[self._writer_name]
            if named != archive():
                return False
            return self._run.epoch(self._name) == self._run.epoch(self._writer_name)

        def archive() -> str:
            return self._archive or self._writer.observe().server_name

        return Step(
            name="renew the record",
            changes=f"{self._name}'s copy of the record names {self._writer_name} and its archive",
            undo="nothing to undo",
            act=lambda: record_archive(self._run, self._writer_name, archive()),
            done=done,
        )

    def hold(self) -> Step:
        def stopped() -> bool:
            return self._site.observe().accepts_writes is False

        def writes_nothing() -> bool:
            """A replica that only starts is left to it, and to the operator."""
            state = self._site.observe()
            is_replica = state.exists and state.role == "replica"
            return state.accepts_writes is False or (is_replica and state.accepts_writes is None)

        def act() -> None:
            self._run.newest_record(SITES)
            self._site.hold(epoch=self._run.known_epoch)
            self._run.wait_until(stopped, f"PostgreSQL of {self._name} is stopped", STOPPED_SECONDS)

        return Step(
            name="hold",
            changes=f"PostgreSQL of {self._name} is stopped if it was not",
            undo="nothing to undo: the other site is the writer",
            act=act,
            done=writes_nothing,
        )

    def open(self) -> Step:
        def act() -> None:
            self._site.unfence()
            self._site.open_archive()

        return Step(
            name="lift the fence",
            changes=f"the fence of {self._name} is lifted",
            undo="fence it again",
            act=act,
            done=lambda: self._site.observe(outside=True).fenced is False,
        )
