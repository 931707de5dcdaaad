"""What a failover loses, who may take over, and the word for it.

What always holds: the loss is confirmed before anything is changed, and measured again behind the
fence, since an old writer that lives may write until then, whether its rows arrive or not. Above
what was allowed nothing is promoted. A typed word allows what was shown, grown until it was given,
and as much more as may pass until the old writer is stopped: what a word is good for, the fence,
and the time in which machines stop. Where an unknown amount was shown it allows any.

The survivor knows what arrived, and not whether the old writer had let commits go on without it. So
the bound of `synchronous` is that of a stream, whatever the promise: no 0 is ever shown for it.

A writer whose machines keep clients out does not know that it still is one: they started since, and
the other region, which may name another writer, does not answer. That takes a person's own word, no
limit stands for it, and the record is moved above all that the other region may hold.
"""

from datetime import datetime

from pgtwin.confirmation import FRESH_SECONDS, Confirmation
from pgtwin.deadlines import ADMITTED_SECONDS, FENCE_SECONDS, STOPPED_SECONDS
from pgtwin.errors import PlanRefused, StepFailed, StepTimedOut, unchanged
from pgtwin.loss import Loss
from pgtwin.plan import Step
from pgtwin.record import Record
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from pgtwin.survivor_text import by_stream, is_down
from pgtwin.takeover import why_not
from pgtwin.vouching import never_promoted
from topology.site import SiteName

_INSTANCES = "read: docs/runbooks/missing-instances.md"
MORE_SECONDS = FRESH_SECONDS + FENCE_SECONDS + STOPPED_SECONDS
"""How long after the word an old writer that lives may go on to write."""


class Check:
    """The steps that change nothing; the word is the name of `cluster`, or a `limit` in seconds."""

    def __init__(
        self,
        run: Run,
        *,
        lost: SiteName,
        survivor: SiteName,
        cluster: str,
        limit: float | None,
        synchronous: bool = False,
    ) -> None:
        self._run = run
        self._lost_name: SiteName = lost
        self._name: SiteName = survivor
        self._survivor = run.sites[survivor]
        self._cluster = cluster
        self._limit = limit
        self._synchronous = synchronous
        self._confirmation = Confirmation(run, self._ask)
        self._has_waited = False

    def step(self) -> Step:
        """Look, and have the loss confirmed."""
        return Step(
            name="check", changes="nothing", undo="nothing to undo", act=self._confirmation.get
        )

    def renew(self) -> None:
        """Have it confirmed again where that was too long ago."""
        self._confirmation.renew()

    def again(self) -> Step:
        """Measure after the fence; the survivor is asked only where the bound is not enough."""

        def act() -> None:
            loss = self._loss_at(self._run.clock.now())
            if not self._is_allowed(loss):
                loss = self._survivor.observe().loss
            self._run.tell(f"after fencing: {self._sentence(loss)}")
            if not self._is_allowed(loss):
                raise StepFailed(
                    f"{self._too_much(loss)}; nothing was promoted - {self._how_to_allow_more()}, "
                    "or cancel the failover, run: "
                    f"pgtwin failback --site {self._lost_name} --release"
                )

        return Step(
            name="measure again",
            changes="nothing; stops if more would be lost than was allowed",
            undo="nothing to undo",
            act=act,
            done=lambda: self._run.confirmed_loss is None,
        )

    def _is_allowed(self, loss: Loss) -> bool:
        if self._limit is not None:
            return loss.is_within(self._limit)
        given = self._loss_at(self._run.confirmed_at)
        return given.seconds is None or loss.is_within(given.seconds + MORE_SECONDS)

    def _loss_at(self, moment: datetime | None) -> Loss:
        """What was shown, grown until then; unknown where a clock was set back since."""
        looked, shown = self._run.looked_at, self._run.confirmed_loss
        if moment is None or looked is None or shown is None or moment < looked:
            return Loss(seconds=None)
        return shown.later((moment - looked).total_seconds())

    def _how_to_allow_more(self) -> str:
        if self._limit is None:
            return "repeat the command, which shows it again"
        return "allow more"

    def _ask(self) -> None:
        state = self._survivor.observe()
        self._run.heed(state)
        newest = self._run.newest_record((self._name,), seen=(state,))
        if _may_be_overtaken(state, newest):
            state = self._survivor.observe(outside=True)
        silent = self._lost_name in self._run.unread
        problem = why_not(
            state,
            newest if newest.epoch else None,
            other_is_silent=silent,
            other=self._other_than(state, silent=silent),
        )
        if problem:
            raise PlanRefused(unchanged(problem))
        self._run.was_replica = state.role == "replica"
        if silent and state.role == "writer" and not self._lets_clients_in(state):
            self._have_it_vouched_for()
        if state.accepts_writes is True:
            if newest.token is not None and self._limit is None and not self._run.vouched:
                self._run.confirm(self._nothing_is_lost(), self._cluster)
            return
        self._run.confirmed_loss = state.loss
        # A site that is told to write and waits for the last WAL gives that up here.
        if self._limit is None:
            self._have_it_confirmed(state)
        elif why := self._above_the_limit(state):
            raise PlanRefused(why)

    def _have_it_confirmed(self, state: SiteState) -> None:
        down = is_down(state)
        never = f"\n{down}: if it does not come back, nobody will write - {_INSTANCES}"
        self._run.confirm(
            f"{self._sentence(state.loss)}{by_stream(state)}{self._may_live(state)}"
            f"{self._promised()}{never if down else ''}",
            self._cluster,
        )

    def _above_the_limit(self, state: SiteState) -> str | None:
        down = is_down(state)
        if down:
            return f"{down}, which no limit covers; nothing was changed - {_INSTANCES}"
        if self._limit is None or state.loss.is_within(self._limit):
            return None
        return (
            f"{self._too_much(state.loss)}; nothing was changed - allow more with "
            "--yes-lose-up-to; to see what it is now, run: pgtwin status"
        )

    def _other_than(self, survivor: SiteState, *, silent: bool) -> SiteState | None:
        """The other site, where it matters how it is and it can tell."""
        is_free = survivor.role == "replica" and survivor.exists and not survivor.fenced
        return None if is_free or silent else self._run.observe(self._lost_name)

    def _lets_clients_in(self, state: SiteState) -> bool:
        """Its machines may not have read yet what an earlier run wrote a moment ago."""

        def admitted() -> bool:
            return self._survivor.observe().clients_admitted is True

        if state.clients_admitted is True:
            return True
        if self._has_waited:
            return False
        self._has_waited = True
        try:
            self._run.wait_until(admitted, f"{self._name} lets clients in", ADMITTED_SECONDS)
        except StepTimedOut:
            return False
        return True

    def _have_it_vouched_for(self) -> None:
        unseen = (
            f"{self._name} keeps clients out, and {self._lost_name} does not answer, so nobody can "
            f"see whether {self._lost_name} was promoted since {self._name} wrote"
        )
        if self._limit is not None:
            raise PlanRefused(
                f"{unseen}, which no limit covers; nothing was changed - "
                "repeat without --yes-lose-up-to"
            )
        self._run.confirm(
            f"{unseen}. If it was, all that {self._lost_name} accepted since will be lost",
            never_promoted(self._lost_name),
        )
        self._run.vouched = True

    def _nothing_is_lost(self) -> str:
        return (
            f"{self._name} accepts writes already and nothing will be lost, but {self._lost_name} "
            f"does not answer: its machines will be stopped, and the writer's host name will lead "
            f"to {self._name}"
        )

    def _sentence(self, loss: Loss) -> str:
        return f"{loss} of {self._lost_name}'s writes will be lost"

    def _too_much(self, loss: Loss) -> str:
        if self._limit is None:
            above = f"{MORE_SECONDS:g} s above what was confirmed"
            return f"{self._sentence(loss)}, more than {above}"
        return f"{self._sentence(loss)}, more than the {self._limit:g} s that were allowed"

    def _may_live(self, state: SiteState) -> str:
        more = ", plus any that it accepts before it is fenced"
        if not state.following:
            return more
        return (
            f"{more}\n"
            f"{self._lost_name} may be alive, as its newest heartbeat is recent; a switchover "
            f"would lose nothing - run: pgtwin switchover --to {self._name}"
        )

    def _promised(self) -> str:
        if not self._synchronous:
            return ""
        return (
            f"\nWith synchronous nothing is lost if {self._lost_name} let no commit go on without "
            f"{self._name}; {self._name} cannot know that, only what arrived"
        )


def _may_be_overtaken(state: SiteState, newest: Record) -> bool:
    """Whether a closed archive counts: a failover closes that of the writer which it leaves. Behind
    a replica, which was cloned since, it was only never opened again; and so it was behind a writer
    that a failover has made of such a one.
    """
    is_newest = state.promoted_in_epoch == newest.epoch and state.clients_admitted is True
    return state.role == "writer" and not is_newest
