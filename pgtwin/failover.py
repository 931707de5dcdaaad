"""The unplanned change of the writer.

What always holds:

1. No promotion happens before the old writer was fenced from outside and the result was shown. If
   no way of fencing worked, the plan stops; only the operator who knows that the old site is dead
   may go on (`even_unfenced`).
2. The record moves after the fence and before the promotion. From then on no machine of the old
   site that can read it starts PostgreSQL; one that started between fence and record is looked for
   and fenced again. A region that did not answer gets its copy before its machines are started
   again (failback).
3. A site that was itself fenced is never promoted: its data is not the newest.
4. What may be lost is measured and confirmed first, wherever the survivor does not accept writes
   yet: the age of the newest heartbeat row that arrived. It is an upper bound where the old writer
   is dead. While it lives it may write more until the fence.
5. Nothing is deleted. There is no way back but failback: every step is safe to repeat.
"""

from pgtwin.errors import PlanRefused, StepFailed
from pgtwin.plan import Plan
from pgtwin.record import Record
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from pgtwin.step import Step
from pgtwin.steps import alias_step, begin_backup_step, settle_step
from topology.site import SiteName


def failover(
    run: Run,
    to: SiteName,
    *,
    cluster: str,
    lose_up_to_seconds: float | None = None,
    even_unfenced: bool = False,
) -> Plan:
    """Make `to` the writer without the other site.

    The loss is confirmed by typing `cluster`, or beforehand by `lose_up_to_seconds`.
    """
    lost: SiteName = "dr" if to == "primary" else "primary"
    steps = _Steps(run, lost=lost, survivor=to)
    return Plan(
        what=f"failover to {to}",
        steps=(
            steps.check(cluster, lose_up_to_seconds),
            steps.fence(even_unfenced=even_unfenced),
            steps.record(),
            steps.look_again(),
            steps.promote(),
            alias_step(run, to, needed=(to,)),
            settle_step(run, to),
            begin_backup_step(run, to),
        ),
        repeat=f"pgtwin failover --to {to}",
    )


QUIET_SECONDS = 30.0
"""A fenced PostgreSQL has ended by then: its shutdown, and machines that are being stopped."""


class _Steps:
    """The steps from `lost` to `survivor`."""

    def __init__(self, run: Run, *, lost: SiteName, survivor: SiteName) -> None:
        self._run = run
        self._lost_name: SiteName = lost
        self._name: SiteName = survivor
        self._lost = run.sites[lost]
        self._survivor = run.sites[survivor]
        self._was_replica = False
        """Nobody else may promote it meanwhile, so it is not asked again while nobody can write."""

    def check(self, cluster: str, lose_up_to_seconds: float | None) -> Step:
        def act() -> None:
            state = self._survivor.observe()
            problem = why_not(state, self._survivor.read_record())
            if problem:
                raise PlanRefused(f"{problem}; nothing was changed")
            self._was_replica = state.role == "replica"
            if state.accepts_writes is True:
                return
            # A site that is told to write and waits for the last WAL gives that up here.
            if lose_up_to_seconds is None:
                self._run.confirm(self._loss(state), cluster)
            elif not _is_within(state, lose_up_to_seconds):
                raise PlanRefused(
                    f"{self._loss(state)}, more than the {lose_up_to_seconds:.0f} s that were "
                    "allowed; nothing was changed"
                )

        return Step(name="check", changes="nothing", undo="nothing to undo", act=act)

    def fence(self, *, even_unfenced: bool) -> Step:
        def act() -> None:
            if not self._fence() and not even_unfenced:
                raise StepFailed(
                    f"{self._lost_name} could not be fenced, so it may still accept writes; "
                    "nothing was promoted. Repeat, or if you know that the site is dead, "
                    "add --even-unfenced"
                )

        return Step(
            name="fence",
            changes=f"{self._lost_name}'s machines stop, its archive takes no more WAL",
            undo=f"pgtwin failback --site {self._lost_name}",
            act=act,
        )

    def record(self) -> Step:
        def act() -> None:
            newest = self._run.newest_record((self._name,))
            if not self._permits(newest):
                newest = newest.handed_to(
                    self._name,
                    None,
                    by=f"{self._run.what} {self._run.id}",
                    since=self._run.timestamp(),
                )
            self._run.if_it_answers(
                self._lost_name, lambda site: self._run.write_record(newest, (site.name,))
            )
            self._run.write_record(newest, (self._name,))

        return Step(
            name="move the record",
            changes=f"the record names {self._name}, in {self._lost_name}'s region if it answers",
            undo=f"pgtwin failback --site {self._lost_name}, as long as nothing was promoted",
            act=act,
            done=lambda: self._told_to_write() or self._permits(self._survivor.read_record()),
        )

    def look_again(self) -> Step:
        def quiet() -> bool:
            state = self._run.observe(self._lost_name)
            return state is None or state.accepts_writes is False

        def act() -> None:
            self._fence()
            self._run.wait_until(
                quiet,
                f"{self._lost_name} accepts no writes; nothing was promoted",
                QUIET_SECONDS,
            )

        return Step(
            name="look again",
            changes=f"nothing, unless {self._lost_name} came back: then it is fenced again",
            undo="nothing to undo",
            act=act,
            done=quiet,
        )

    def promote(self) -> Step:
        def done() -> bool:
            return self._told_to_write() and self._survivor.observe().accepts_writes is True

        return Step(
            name="promote",
            changes=f"{self._name} accepts writes, with all that had arrived",
            undo=f"pgtwin failback --site {self._lost_name}, then a switchover",
            act=lambda: self._survivor.promote(None),
            done=done,
        )

    def _told_to_write(self) -> bool:
        return not self._was_replica and self._survivor.observe().role == "writer"

    def _permits(self, record: Record | None) -> bool:
        return record is not None and record.writer == self._name and record.token is None

    def _fence(self) -> bool:
        record = self._run.newest_record((self._name,))
        attempts = self._lost.fence(record.server_names[self._lost_name])
        for attempt in attempts:
            result = "done" if attempt.worked else "did not work"
            self._run.tell(f"fence {self._lost_name}: {attempt.way}: {result}; {attempt.detail}")
        return any(attempt.worked for attempt in attempts)

    def _loss(self, state: SiteState) -> str:
        return f"{state.loss} of writes of {self._lost_name} will be lost"


def _is_within(state: SiteState, seconds: float | None) -> bool:
    age = state.heartbeat_age_seconds
    return age is not None and seconds is not None and age <= seconds


def why_not(survivor: SiteState, record: Record | None) -> str | None:
    """Why the site must not become the writer without the other; None when it may.

    `record` is its region's copy.
    """
    if survivor.fenced:
        return (
            f"{survivor.site} was fenced, so the other site has newer data; "
            f"pgtwin failback --site {survivor.site} brings it back"
        )
    by_failover = record is not None and record.writer == survivor.site and record.token is None
    if survivor.accepts_writes and survivor.role == "writer" and not by_failover:
        return f"{survivor.site} is the writer and accepts writes: there is nothing to fail over"
    return None
