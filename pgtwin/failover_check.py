"""What a failover loses, who may take over, and the word for it.

What always holds: the loss is confirmed before anything is changed, and measured again behind the
fence, since an old writer that lives may write until then, whether its rows arrive or not. Above
what was allowed nothing is promoted. A typed word allows what was shown, grown until it was given,
and as much more as may pass until the old writer is stopped: what a word is good for, the fence,
and the time in which machines stop. Where an unknown amount was shown it allows any.
"""

from datetime import datetime

from pgtwin.confirmation import FRESH_SECONDS, Confirmation
from pgtwin.deadlines import FENCE_SECONDS, STOPPED_SECONDS
from pgtwin.errors import PlanRefused, StepFailed
from pgtwin.loss import Loss
from pgtwin.plan import Step
from pgtwin.record import Record
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from topology.site import SiteName, other_site

MORE_SECONDS = FRESH_SECONDS + FENCE_SECONDS + STOPPED_SECONDS
"""How long after the word an old writer that lives may go on to write."""


class Check:
    """The steps that change nothing; the word is the name of `cluster`, or a `limit` in seconds."""

    def __init__(
        self, run: Run, *, lost: SiteName, survivor: SiteName, cluster: str, limit: float | None
    ) -> None:
        self._run = run
        self._lost_name: SiteName = lost
        self._name: SiteName = survivor
        self._survivor = run.sites[survivor]
        self._cluster = cluster
        self._limit = limit
        self._confirmation = Confirmation(run, self._ask)

    def step(self) -> Step:
        """Look, and have the loss confirmed."""
        return Step(
            name="check", changes="nothing", undo="nothing to undo", act=self._confirmation.get
        )

    def renew(self) -> None:
        """Have it confirmed again where that was too long ago."""
        self._confirmation.renew()

    def again(self) -> Step:
        """Measure behind the fence; the survivor is asked only where the bound is not enough."""

        def act() -> None:
            loss = self._loss_at(self._run.clock.now())
            if not self._is_allowed(loss):
                loss = self._survivor.observe().loss
            self._run.tell(f"behind the fence: {self._sentence(loss)}")
            if not self._is_allowed(loss):
                raise StepFailed(
                    f"{self._too_much(loss)}; nothing was promoted - {self._how_to_allow_more()}, "
                    "or cancel the failover, run: "
                    f"pgtwin failback --site {self._lost_name} --release"
                )

        return Step(
            name="measure again",
            changes="nothing; stops where more would be lost than was allowed",
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
        state = self._survivor.observe(outside=True)
        newest = self._run.newest_record((self._name,), seen=(state,))
        silent = self._lost_name in self._run.silent
        problem = why_not(state, newest if newest.epoch else None, other_is_silent=silent)
        if problem:
            raise PlanRefused(f"{problem}; nothing was changed")
        self._run.was_replica = state.role == "replica"
        if state.accepts_writes is True:
            if newest.token is not None and self._limit is None:
                self._run.confirm(self._nothing_is_lost(), self._cluster)
            return
        self._run.confirmed_loss = state.loss
        # A site that is told to write and waits for the last WAL gives that up here.
        if self._limit is None:
            self._run.confirm(
                f"{self._sentence(state.loss)}{_by_stream(state)}{self._may_live(state)}",
                self._cluster,
            )
        elif not state.loss.is_within(self._limit):
            raise PlanRefused(f"{self._too_much(state.loss)}; nothing was changed")

    def _nothing_is_lost(self) -> str:
        return (
            f"{self._name} accepts writes already and nothing will be lost, but {self._lost_name} "
            f"does not answer: its machines will be stopped, and the writer's host name will lead "
            f"to {self._name}"
        )

    def _sentence(self, loss: Loss) -> str:
        return f"{loss} of writes of {self._lost_name} will be lost"

    def _too_much(self, loss: Loss) -> str:
        if self._limit is None:
            above = f"{MORE_SECONDS:g} s above what was confirmed"
            return f"{self._sentence(loss)}, more than {above}"
        return f"{self._sentence(loss)}, more than the {self._limit:g} s that were allowed"

    def _may_live(self, state: SiteState) -> str:
        more = ", and what it still accepts until it is fenced"
        if not state.following:
            return more
        return (
            f"{more}\n"
            f"{self._lost_name} may be alive, as its newest heartbeat is recent; a switchover "
            f"would lose nothing - run: pgtwin switchover --to {self._name}"
        )


def _by_stream(state: SiteState) -> str:
    """How far the stream bears the bound out; nothing where the archive alone was configured."""
    if state.streams:
        return ", as it streams"
    return f", as it streamed until {state.streamed_at}" if state.streamed_at else ""


def why_not(
    survivor: SiteState, record: Record | None, *, other_is_silent: bool = False
) -> str | None:
    """Why the site must not become the writer without the other; None when it may.

    `record` is the newest copy of the regions that answer; None where nothing was ever promoted.
    """
    site, other = survivor.site, other_site(survivor.site)
    if not survivor.exists:
        return f"{site} has no cluster - run: pgtwin failback --site {site}"
    if survivor.fenced:
        return (
            f"{site} was fenced, so {other} has newer data unless it was never promoted - "
            f"run: pgtwin failback --site {site}, with --release if it never was"
        )
    if survivor.role == "replica":
        return None
    return _why_no_writer(survivor, record, other_is_silent=other_is_silent)


def _why_no_writer(site: SiteState, record: Record | None, *, other_is_silent: bool) -> str | None:
    """A site that is told to write may go on where a failover told it so, or where a switchover
    did that is not finished. Any other is the writer, and the replica that a failover would fence
    is all that is left beside it; only the alias may still have to be moved, where that replica's
    region is lost.
    """
    name, other = site.site, other_site(site.site)
    if record is not None and record.writer != name:
        return (
            f"{name} was the writer until the record moved to {other}, which has newer data - "
            f"run: pgtwin failback --site {name}"
        )
    if record is not None and record.token is None:
        return None
    if site.accepts_writes and record is not None and other_is_silent:
        return None
    if site.accepts_writes:
        return (
            f"{name} is the writer and accepts writes: there is nothing to fail over; if the "
            f"writer's host name leads to {other} - run: pgtwin switchover --to {name}"
        )
    if site.accepts_writes is False and record is not None and _is_unfinished(site, record):
        return None
    return (
        f"{name} is the writer and does not answer; a failover to it would stop {other} - "
        f"run: pgtwin failover --to {other}"
    )


def _is_unfinished(site: SiteState, record: Record) -> bool:
    """Whether a switchover told the site to write, and it was not seen to write since."""
    return bool(record.token) and site.confirmed_in_epoch != record.epoch
