"""The way back of a switchover whose promotion has not taken hold.

What always holds:

1. The record moves back first, new region first, and always to a new epoch: neither a promotion of
   the new site nor a demotion of the old one that is still on its way is let in.
2. Only then is the old writer promoted again, with its own token.
3. Where the new site is told to write already there is no way back. It is looked at again after the
   wait for the token, in which another operator may have acted.
"""

from pgtwin.errors import StepFailed
from pgtwin.handed_token import HandedToken
from pgtwin.plan import Step
from pgtwin.run import Run
from topology.site import SITES, SiteName

TOKEN_SECONDS = 300.0
"""Until a demotion that was asked for has ended, since there is no way back before. The operator
takes 3 to 7 s for it where S3 answers (recordings 03 to 14)."""


class WayBack:
    """The steps that leave `old` as the writer."""

    def __init__(self, run: Run, *, old: SiteName, new: SiteName) -> None:
        self._run = run
        self._old_name: SiteName = old
        self._new_name: SiteName = new
        self._old = run.sites[old]
        self._new = run.sites[new]
        self._token = HandedToken(run)

    def record(self) -> Step:
        def act() -> None:
            self._refuse_if_promoted()
            if self._old.observe().role == "replica":
                self._run.wait_until(
                    self._token.is_there,
                    f"{self._old_name} has a token to be promoted again with",
                    TOKEN_SECONDS,
                )
                self._refuse_if_promoted()
            newest = self._run.newest_record(SITES)
            back = self._token.handed_to(self._old_name, newest)
            self._run.write_record(back, (self._new_name, self._old_name))

        return Step(
            name="move the record back",
            changes=f"the record names {self._old_name}; {self._new_name} refuses a promotion",
            undo="nothing to undo",
            act=act,
        )

    def promote(self) -> Step:
        def act() -> None:
            self._refuse_if_promoted()
            copy = self._old.read_record()
            token = None if copy is None else copy.token
            if not token:
                raise StepFailed(
                    f"{self._old_name} was demoted late; no site accepts writes - "
                    f"run: pgtwin switchover --to {self._old_name}"
                )
            self._old.promote(token)

        return Step(
            name="promote the old writer again",
            changes=f"{self._old_name} accepts writes as before",
            undo="nothing to undo",
            act=act,
            done=lambda: self._old.observe().accepts_writes is True,
        )

    def settle(self) -> Step:
        return Step(
            name="clean up the promotion",
            changes=f"what the promotion left in {self._old_name}'s Cluster is taken back",
            undo="nothing to undo",
            act=lambda: self._old.settle(wait=False),
        )

    def _refuse_if_promoted(self) -> None:
        if self._new.observe().role == "writer":
            raise StepFailed(f"{self._new_name} is being promoted; there is no way back")
