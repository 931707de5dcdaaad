"""One site, as a plan sees it.

Every method either does what it says, or raises SiteUnreachable (effect unknown), SiteRefused
(nothing changed) or SiteFailed (safe to repeat). All of them are safe to repeat. The real sites
are in `pgtwin/aws/`; the drill's share all of that but the way to run a verb on a machine.

The gates that a site keeps by itself, whoever calls (they are the host program's):

* `promote` is refused unless the newest record that the site can read names it, with the very
  token that the promotion carries.
* `demote` is refused unless that record names it, in the very epoch in which that was decided.
* `fence` and `hold` stop PostgreSQL unless that record is of a later epoch than the one in which it
  was decided: what arrives late stops no site that was released or brought back meanwhile.
* `follow` is refused unless that record names the other site as the writer, and the new server
  name as this site's.
* A site whose Cluster says writer while that record names the other keeps PostgreSQL stopped.
"""

from typing import Protocol

from pgtwin.lock import Lock
from pgtwin.record import Record
from pgtwin.site_state import FenceAttempt, Power, SiteState, Unarchived
from topology.site import SiteName


class Site(Protocol):
    """A region's database with what belongs to it: record, lock, alias and archive."""

    @property
    def name(self) -> SiteName:
        """Which of the two sites this is."""
        ...

    def observe(self, *, outside: bool = False) -> SiteState:
        """Look; changes nothing. With `outside` `fenced` also tells whether the archive is closed.

        Only IAM's control plane knows that, so no step asks it that a promotion waits for.
        """
        ...

    def demote(self, *, to: SiteName, epoch: int) -> str:
        """Stop accepting writes, archive all there is, become a replica; returns the token.

        `epoch` is the record's in which this was decided.
        """
        ...

    def promote(self, token: str | None) -> None:
        """Accept writes; with a token only once everything up to the demotion was replayed.

        Returns as soon as a write was acknowledged.
        """
        ...

    def settle(self, *, wait: bool = True) -> None:
        """Finish a promotion: its token is taken back, and the operator restarts the instances.

        Without `wait` it returns before the restarts.
        """
        ...

    def follow(self, server_name: str) -> None:
        """Delete this site's cluster and clone it from the other under a new server name."""
        ...

    def fence(self, *, epoch: int) -> tuple[FenceAttempt, ...]:
        """Keep the site from writing, from outside, in every way that works; never raises.

        Asks the site's own region, and no control plane elsewhere. `epoch` is the record's in which
        this was decided.
        """
        ...

    def power(self) -> Power:
        """How far the machines are from being stopped, as EC2 sees them."""
        ...

    def close_archive(self, server_name: str) -> None:
        """Keep the site from archiving under `server_name`, until `open_archive`; asks IAM."""
        ...

    def start(self) -> None:
        """Start stopped machines; PostgreSQL stays stopped where the record names the other."""
        ...

    def hold(self, *, epoch: int) -> None:
        """Keep PostgreSQL stopped, from inside; the data stays. `epoch` as in `fence`."""
        ...

    def unfence(self) -> None:
        """Take back what `fence` and `hold` did, except what the record demands."""
        ...

    def open_archive(self) -> None:
        """Take back what `close_archive` did; asks IAM."""
        ...

    def unarchived(self) -> Unarchived | None:
        """WAL segments that this site holds and its archive does not; None: it cannot tell."""
        ...

    def back_up(self) -> str:
        """Take a base backup now and wait for its end; returns its id."""
        ...

    def begin_backup(self) -> str:
        """Ask for a base backup and wait until it is under way; returns its name."""
        ...

    def dump(self) -> str:
        """Take a dump now; returns its id."""
        ...

    def restore(self, *, at: str, into: str, source: SiteName) -> None:
        """A new cluster `into` beside the old one, as `source`'s archive was at the time `at`."""
        ...

    def read_record(self) -> Record | None:
        """This region's copy; None where nothing was promoted yet."""
        ...

    def write_record(self, record: Record) -> None:
        """Replace this region's copy; refused where that is of the same or a later epoch."""
        ...

    def take_lock(self, lock: Lock) -> None:
        """Begin to hold the region's lock; raises Locked where it is another's."""
        ...

    def extend_lock(self, lock: Lock) -> None:
        """Hold the region's lock for longer; raises LockLost where it is not held any more."""
        ...

    def release_lock(self, run: str) -> None:
        """Give up the lock if `run` holds it."""
        ...

    def alias(self) -> SiteName | None:
        """Which site this region's name of the writer leads to; None where it leads nowhere."""
        ...

    def point_alias(self, to: SiteName) -> None:
        """Make this region's name of the writer lead to the site `to`."""
        ...
