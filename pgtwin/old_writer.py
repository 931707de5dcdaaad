"""The old writer of a failover: fenced from outside, and seen not to write.

What always holds:

1. Every way to fence is tried and its result shown. Nothing is fenced without the lock, also where
   this machine slept in the middle of a step: another operator may have released the site by then.
2. Nobody is promoted while the site is seen to accept writes, or answers and cannot tell. A machine
   that EC2 is still stopping is not stopped: it is waited for.
3. One that EC2 does not come to stop, and that does not answer as a writer, is as a region that
   does not answer: what keeps clients out of it is the record, which moved before that wait,
   and which a machine that works reads within seconds.
4. Where EC2 does not answer its machines are asked themselves; only a site that nobody reaches is
   left to the record alone.
"""

from pgtwin.deadlines import STOPPED_SECONDS
from pgtwin.errors import SiteError, SiteHangs, SiteUnclear, SiteUnreachable, StepTimedOut
from pgtwin.plan import Step
from pgtwin.run import Run
from pgtwin.site_state import Power
from topology.site import SiteName


class OldWriter:
    """The site `name`, in whose place `survivor` is to write."""

    def __init__(self, run: Run, name: SiteName, *, survivor: SiteName) -> None:
        self._run = run
        self._name: SiteName = name
        self._survivor: SiteName = survivor
        self._site = run.sites[name]

    def look_again(self) -> Step:
        """Fence it again if it came back, and wait until it is quiet."""

        def quiet() -> bool:
            power = self.power()
            return power == "stopped" or (power != "stopping" and self._cannot_write())

        def quiet_or_fenced_again() -> bool:
            if quiet():
                return True
            if self.power() != "stopping":
                self.fence()
            return False

        def act() -> None:
            self.fence()
            try:
                self._run.wait_until(
                    quiet_or_fenced_again,
                    f"{self._name} accepts no writes; nothing was promoted",
                    STOPPED_SECONDS,
                )
            except StepTimedOut:
                if not self._is_stuck():
                    raise
                self._tell_that_it_is_stuck()

        return Step(
            name="re-check the old writer",
            changes=f"nothing, unless {self._name} came back: then it is fenced again",
            undo="nothing to undo",
            act=act,
            done=quiet,
        )

    def fence(self) -> bool:
        """Try every way, and show the results; whether clients are seen to be kept out."""
        self._run.renew_lock()
        attempts = self._site.fence(epoch=self._run.known_epoch)
        for attempt in attempts:
            result = "done" if attempt.worked else "did not work"
            self._run.tell(f"fence {self._name}: {attempt.way}: {result}; {attempt.detail}")
        return any(attempt.worked for attempt in attempts)

    def _cannot_write(self) -> bool:
        """Whether machines that run are seen not to write, or cannot be asked at all.

        One that takes a question and does not answer may write as soon as it works again, and one
        that cannot tell, as while its API server is down, may write now.
        """
        try:
            return self._site.observe().accepts_writes is False
        except (SiteHangs, SiteUnclear):
            return False
        except SiteError:
            return True

    def _is_stuck(self) -> bool:
        """Whether EC2 does not come to stop machines of which none answers as a writer."""
        if self.power() != "stopping":
            return False
        try:
            return self._site.observe().accepts_writes is False
        except SiteHangs:
            return False
        except SiteUnreachable:
            return True
        except SiteError:
            return False

    def _tell_that_it_is_stuck(self) -> None:
        self._run.tell(
            f"EC2 has not stopped every machine of {self._name} after {STOPPED_SECONDS:.0f} s, and "
            "none of them answers as a writer: continuing as if its region were unreachable. "
            f"The record of {self._survivor}'s region keeps clients out of them; keep applications "
            "away too"
        )

    def power(self) -> Power | None:
        """None where EC2 does not answer; the host program may be asked all the same.

        Also a region that left one call unanswered is asked: its machines may be on their way down.
        """
        try:
            return self._site.power()
        except SiteUnreachable:
            return None
        except SiteError:
            return "running"
