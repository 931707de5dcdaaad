"""The demotion token on its way from the old writer to the new one.

It is in the demoted site's status until the record has moved, and in the record from then on.
"""

from pgtwin.record import NO_PROMOTION, Record
from pgtwin.run import Run
from topology.site import SITES, SiteName


class HandedToken:
    """Where the token is, as far as one run can see."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def is_unspent(self, record: Record) -> bool:
        """Whether the record carries a token that its writer was not promoted with yet."""
        named = self._run.sites[record.writer].observe()
        return bool(record.token) and named.promoted_in_epoch != record.epoch

    def is_there(self) -> bool:
        """Whether somebody can be promoted with it.

        The operator gives it seconds after the role has changed; without it nobody can write.
        """
        newest = self._run.newest_record(SITES)
        named = self._run.sites[newest.writer].observe()
        return self.is_unspent(newest) or bool(named.demotion_token)

    def handed_to(self, writer: SiteName, newest: Record) -> Record:
        """The record after `newest` that lets `writer` be promoted with it."""
        token = newest.token
        if not self.is_unspent(newest):
            token = self._run.sites[newest.writer].observe().demotion_token or NO_PROMOTION
        return self._run.handed(newest, writer, token)
