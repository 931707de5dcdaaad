"""What a failover loses, who may take over, and the word for it.

What always holds: the loss is confirmed before anything is changed, and measured again behind the
fence, since an old writer that lives may write until then, whether its rows arrive or not. Above
what was allowed nothing is promoted. A typed word allows what was shown, and as much more as a word
is good for; where an unknown amount was shown it allows any.
"""

from pgtwin.confirmation import FRESH_SECONDS, Confirmation
from pgtwin.errors import PlanRefused, StepFailed
from pgtwin.loss import Loss
from pgtwin.plan import Step
from pgtwin.record import Record
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from topology.site import SiteName, other_site


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
            loss = self._by_now()
            if not self._is_allowed(loss):
                loss = self._survivor.observe().loss
            self._run.tell(f"behind the fence: {self._sentence(loss)}")
            if not self._is_allowed(loss):
                raise StepFailed(
                    f"{self._too_much(loss)}; nothing was promoted - allow more, or cancel the "
                    f"failover, run: pgtwin failback --site {self._lost_name} --release"
                )

        return Step(
            name="measure again",
            changes="nothing; stops where more would be lost than was allowed",
            undo="nothing to undo",
            act=act,
            done=lambda: self._run.confirmed_loss is None,
        )

    def _is_allowed(self, loss: Loss) -> bool:
        shown = self._run.confirmed_loss
        if self._limit is not None:
            return loss.is_within(self._limit)
        if shown is None or shown.seconds is None:
            return True
        return loss.is_within(shown.seconds + FRESH_SECONDS)

    def _by_now(self) -> Loss:
        at, shown = self._run.confirmed_at, self._run.confirmed_loss
        if at is None or shown is None:
            return Loss(seconds=None)
        return shown.later((self._run.clock.now() - at).total_seconds())

    def _ask(self) -> None:
        state = self._survivor.observe(outside=True)
        newest = self._run.newest_record((self._name,), seen=(state,))
        problem = why_not(state, newest if newest.epoch else None)
        if problem:
            raise PlanRefused(f"{problem}; nothing was changed")
        self._run.was_replica = state.role == "replica"
        if state.accepts_writes is True:
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

    def _sentence(self, loss: Loss) -> str:
        return f"{loss} of writes of {self._lost_name} will be lost"

    def _too_much(self, loss: Loss) -> str:
        if self._limit is None:
            above = f"{FRESH_SECONDS:g} s above what was confirmed"
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


def why_not(survivor: SiteState, record: Record | None) -> str | None:
    """Why the site must not become the writer without the other; None when it may.

    `record` is the newest copy of the regions that answer; None where nothing was ever promoted.
    """
    if not survivor.exists:
        return f"{survivor.site} has no cluster - run: pgtwin failback --site {survivor.site}"
    if survivor.fenced:
        return (
            f"{survivor.site} was fenced, so the other site has newer data - "
            f"run: pgtwin failback --site {survivor.site}"
        )
    return _why_no_writer(survivor, record) if survivor.role == "writer" else None


def _why_no_writer(site: SiteState, record: Record | None) -> str | None:
    """A site that is told to write may go on where a failover told it so, or where a switchover
    did and it is seen to wait for the last WAL. Any other is the writer, and the replica that a
    failover would fence is all that is left beside it.
    """
    if record is not None and record.writer == site.site and record.token is None:
        return None
    if site.accepts_writes:
        return f"{site.site} is the writer and accepts writes: there is nothing to fail over"
    if site.accepts_writes is None or record is None:
        other = other_site(site.site)
        return (
            f"{site.site} is the writer and does not answer; a failover to it would stop {other} - "
            f"run: pgtwin failover --to {other}"
        )
    return None
