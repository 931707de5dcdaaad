"""What the plans decide from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pgtwin.loss import Loss
from topology.site import SiteName, other_site

Role = Literal["writer", "replica"]
Power = Literal["running", "stopping", "stopped"]
"""A machine that is being stopped still serves clients for seconds: only `stopped` is stopped."""


@dataclass(frozen=True, kw_only=True)
class SiteState:
    """One site as it was observed, reduced to what a decision needs."""

    site: SiteName
    exists: bool = True
    """Whether there is a Cluster. One that was deleted is told nothing: its role is `replica`."""
    role: Role
    """What the site's Cluster is told to be."""
    accepts_writes: bool | None
    """Whether PostgreSQL is up and out of recovery: what clients would see. None: it may run, but
    does not answer."""
    healthy: bool
    """The operator's verdict: all instances ready, nothing in transition."""
    fenced: bool | None
    """Whether PostgreSQL is kept stopped, or its archive closed, on purpose. None: PostgreSQL is
    not kept stopped, and IAM, which closes the archive, does not answer."""
    clients_admitted: bool | None = None
    """Whether the machine that answered lets clients in; every machine has its own gate."""
    following: bool
    """Whether a replica replays, and its newest row of the writer is young. For minutes that is so
    also where it can never follow again: `pgtwin.fork`."""
    server_name: str
    postgres: int | None = None
    """The major version of PostgreSQL that the data is of."""
    requested_postgres: int | None = None
    """The one that the Cluster asks for: another while the operator converts the data."""
    configured_postgres: int | None = None
    """The one that was deployed last; `pgtwin upgrade --postgres` brings the data to it."""
    upgrading_to: int | None = None
    """The one that an upgrade has stopped PostgreSQL for."""
    lsn: str | None = None
    """Written so far on a writer, replayed so far on a replica."""
    timeline: int | None = None
    """On a replica that of the newest WAL that it has."""
    history: Mapping[str, str] | None = None
    """On a writer the timelines before its own, and where each was left; None where it has none or
    nobody could look."""
    demotion_token: str | None = None
    """Set after a demotion, until the next promotion."""
    promoted_in_epoch: int | None = None
    """The record's epoch of the last promotion; tells a spent token in the record from one that
    still has to be used."""
    confirmed_in_epoch: int | None = None
    """The same, once that promotion was seen to have taken hold: the hand-over is finished."""
    known_epoch: int | None = None
    """Of the newest record that its machine has read, in this region or the other: a record that
    does not outrank it permits nothing there."""
    known_writer: SiteName | None = None
    """Who writes by that record."""
    heartbeat_age_seconds: float | None = None
    """Age of the newest heartbeat row readable here: on a replica the RPO at this moment."""
    arrived_age_seconds: float | None = None
    """On a replica that is to stream: since the writer's newest word or commit arrived."""
    streams: bool = False
    """Whether a replica streams from the writer, and is close behind it."""
    streamed_at: str | None = None
    """When it was last seen to, UTC by ISO 8601."""
    backup_running: bool = False
    recovery_paused: str | None = None
    """Why a replica has stopped to replay; None where it has not."""
    commits_stalled: str | None = None
    """Why commits hang on a writer that answers; None where they do not."""
    archive_slow: str | None = None
    """What waits for this site's archive; None where that keeps up."""

    @property
    def is_following_replica(self) -> bool:
        """Whether it is a replica that is well: nothing has to be done about it."""
        return self.role == "replica" and self.following

    @property
    def loss(self) -> Loss:
        """How much of the writer's a promotion here would lose."""
        known = (self.heartbeat_age_seconds, self.arrived_age_seconds)
        return Loss.since(min((age for age in known if age is not None), default=None))

    @property
    def named_writer(self) -> SiteName:
        """Who writes, as far as this site's role tells."""
        other = other_site(self.site)
        return self.site if self.role == "writer" else other


@dataclass(frozen=True, kw_only=True)
class Unarchived:
    """WAL that only one site has."""

    count: int
    """Segments, the one that was being written included."""
    oldest: tuple[str, ...] = ()
    """Their names, a hundred at most."""


@dataclass(frozen=True, kw_only=True)
class FenceAttempt:
    """One way to fence a site from outside that was tried, and whether clients are kept from it."""

    way: str
    """`instances stopped` or `PostgreSQL stopped`."""
    worked: bool
    """Whether its effect was seen, not only asked for."""
    detail: str
