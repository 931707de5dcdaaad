"""A deployed site."""

from collections.abc import Callable, Mapping
from typing import Any

from pgtwin.aws.at_once import at_once
from pgtwin.aws.host_runner import HostRunner
from pgtwin.aws.load_balancer import LoadBalancer
from pgtwin.aws.outside_fence import OutsideFence
from pgtwin.aws.site_parameters import SiteParameters
from pgtwin.aws.writer_alias import WriterAlias
from pgtwin.deadlines import BEGIN_SECONDS, FENCE_SECONDS
from pgtwin.errors import SiteError, SiteUnclear, SiteUnreachable
from pgtwin.lock import Lock
from pgtwin.record import Record
from pgtwin.site_state import FenceAttempt, Power, SiteState, Unarchived
from topology.names import DUMPS_PREFIX, PHYSICAL_PREFIXES
from topology.site import SITES, SiteName


class AwsSite:
    """Implements pgtwin.site.Site over AWS' APIs and the host program."""

    def __init__(
        self,
        *,
        name: SiteName,
        host: HostRunner,
        parameters: SiteParameters,
        outside: OutsideFence,
        alias: WriterAlias,
        load_balancers: Mapping[SiteName, LoadBalancer],
        buckets: Callable[[], Mapping[SiteName, str]],
    ) -> None:
        self._name: SiteName = name
        self._host = host
        self._parameters = parameters
        self._outside = outside
        self._alias = alias
        self._load_balancers = load_balancers
        self._buckets = buckets

    @property
    def name(self) -> SiteName:
        """Which of the two sites this is."""
        return self._name

    def status(self, *, within_seconds: float | None = None) -> dict[str, Any]:
        """The host program's whole document about the site."""
        return self._host.run("status", within_seconds=within_seconds)

    def observe(self, *, outside: bool = False) -> SiteState:
        """Look; changes nothing."""
        state = self._state()
        fenced = state["fenced"] or (self.archive_is_closed() if outside else False)
        fields = {key: state[key] for key in SiteState.__dataclass_fields__ if key in state}
        return SiteState(**{**fields, "fenced": fenced})

    def demote(self, *, to: SiteName, epoch: int) -> str:
        """Become a replica of `to`; returns the token."""
        return str(self._host.run("demote", "--to", to, "--epoch", str(epoch))["token"])

    def promote(self, token: str | None) -> None:
        """Accept writes."""
        how = ("--without-token",) if token is None else ("--token", token)
        self._host.run("promote", *how)

    def settle(self, *, wait: bool = True) -> None:
        """Finish a promotion."""
        self._host.run("settle", *(() if wait else ("--begin",)))

    def follow(self, server_name: str) -> None:
        """Clone this site again."""
        self._host.run("follow", "--server-name", server_name)

    def fence(self, *, epoch: int) -> tuple[FenceAttempt, ...]:
        """Try every way at once, for ten seconds at most."""
        ways: dict[str, Callable[[], str]] = {
            "instances stopped": self._outside.stop_instances,
            "PostgreSQL stopped": lambda: self._stop_postgres(epoch),
        }
        return tuple(
            FenceAttempt(way=way, worked=not isinstance(result, Exception), detail=str(result))
            for way, result in at_once(ways, FENCE_SECONDS).items()
        )

    def power(self) -> Power:
        """How far the machines are from being stopped."""
        return self._outside.power()

    def close_archive(self, server_name: str) -> None:
        """Deny the site's roles what they write under `server_name`, and dumps."""
        self._outside.close_archive(self._closed(server_name))

    def start(self) -> None:
        """Start stopped machines."""
        self._outside.start_instances()

    def hold(self, *, epoch: int) -> None:
        """Keep PostgreSQL stopped, from inside."""
        self._host.run("fence", "--epoch", str(epoch))

    def unfence(self) -> None:
        """Start PostgreSQL again."""
        self._host.run("unfence")

    def open_archive(self) -> None:
        """Deny the site's roles nothing any more."""
        self._outside.open_archive()

    def unarchived(self) -> Unarchived | None:
        """WAL segments that were never archived; None where nobody could look."""
        state = self._state()
        count = state.get("unarchived_count")
        if count is None:
            return None
        return Unarchived(count=count, oldest=tuple(state["unarchived_segments"]))

    def back_up(self) -> str:
        """Take a base backup now."""
        return str(self._host.run("backup")["backup"])

    def begin_backup(self) -> str:
        """Ask for a base backup."""
        return str(self._host.run("backup", "--begin", within_seconds=BEGIN_SECONDS)["name"])

    def dump(self) -> str:
        """Take a dump now."""
        return str(self._host.run("dump")["dump"])

    def restore(self, *, at: str, into: str, source: SiteName) -> None:
        """A new cluster beside the old one."""
        self._host.run("restore", "--at", at, "--into", into, "--from", source)

    def verify(self) -> dict[str, Any]:
        """Verify that the site's backups can be used; what was checked, and the evidence's key."""
        return self._host.run("verify")

    def read_record(self) -> Record | None:
        """This region's copy; None where nothing was promoted yet."""
        return self._parameters.record()

    def write_record(self, record: Record) -> None:
        """Replace this region's copy."""
        self._parameters.write_record(record)

    def take_lock(self, lock: Lock) -> None:
        """Begin to hold the region's lock."""
        self._parameters.take_lock(lock)

    def extend_lock(self, lock: Lock) -> None:
        """Hold the region's lock for longer."""
        self._parameters.extend_lock(lock)

    def locked_by(self, run: str) -> str | None:
        """Who keeps the region's lock from `run`."""
        return self._parameters.locked_by(run)

    def release_lock(self, run: str) -> None:
        """Give up the lock if `run` holds it."""
        self._parameters.release_lock(run)

    def alias(self) -> SiteName | None:
        """Which site this region's alias leads to."""
        return self._owner_of(self._alias.target())

    def alias_is_own(self) -> bool | None:
        """Whether it leads to this site, by what this one alone says; None where there is none."""
        return self._alias.leads_to(self._load_balancers[self._name].host)

    def point_alias(self, to: SiteName) -> None:
        """Make this region's alias lead to `to`."""
        balancer = self._load_balancers[to]
        self._alias.point_to(balancer.host(), balancer.zone())

    def _owner_of(self, balancer: str | None) -> SiteName | None:
        for name in SITES:
            try:
                if self._load_balancers[name].host() == balancer:
                    return name
            except SiteUnreachable:
                continue
        return None

    def archive_is_closed(self) -> bool | None:
        """Whether the site's roles are denied their archive; None where IAM does not tell."""
        # IAM's control plane lives in one region. Its loss must not stop the failover of another.
        try:
            return self._outside.archive_is_closed()
        except SiteError:
            return None

    def _state(self) -> dict[str, Any]:
        document = self._host.run("status", "--state")
        if not document.get("state"):
            why = document.get("errors", {}).get("cluster", "deploy the newest host program")
            raise SiteUnclear(f"{self._name} cannot say how its database is: {why}")
        return dict(document["state"])

    def upgrade(self) -> None:
        """Bring every machine to the bundle's k3s, one at a time."""
        self._host.run("upgrade")

    def upgrade_blockers(self) -> tuple[str, ...]:
        """What pg_upgrade would refuse; changes nothing."""
        return tuple(self._host.run("pg_upgrade", "--check")["blockers"])

    def stop_for_upgrade(self) -> str:
        """Stop PostgreSQL; where its WAL ended, all of which is archived."""
        return str(self._host.run("pg_upgrade", "--stop")["stopped_at"])

    def convert(self, server_name: str) -> None:
        """Convert the data to the configured major version."""
        self._host.run("pg_upgrade", "--convert", server_name)

    def keep_old_version(self) -> None:
        """Ask for the old major version again, before the data was converted."""
        self._host.run("pg_upgrade", "--back")

    def start_upgraded(self) -> None:
        """Start PostgreSQL and wait until a write was acknowledged."""
        self._host.run("pg_upgrade", "--start")

    def analyze(self) -> None:
        """Make the statistics that pg_upgrade did not carry over."""
        self._host.run("pg_upgrade", "--analyze")

    def vacate(self, machine: str, *, lost: bool, also_lost: tuple[str, ...] = ()) -> bool:
        """See that the site can do without a machine; whether its leading instance was there."""
        options = ["--lost"] if lost else []
        options += [word for each in also_lost for word in ("--also-lost", each)]
        return bool(self._host.run("vacate", "--machine", machine, *options)["led"])

    def apply(self) -> None:
        """Bring the site's objects, credentials among them, to what its bundle says."""
        self._host.run("apply")

    def certify(self, *, renew: bool) -> dict[str, Any]:
        """Issue what is due, with `renew` every certificate of the site; whom it trusts now."""
        return self._host.run("certify", *(("--renew",) if renew else ()))

    def _stop_postgres(self, epoch: int) -> str:
        self._host.run("fence", "--epoch", str(epoch))
        return "by the host program"

    def _closed(self, server_name: str) -> list[str]:
        buckets = self._buckets()
        own = f"arn:aws:s3:::{buckets[self._name]}/{PHYSICAL_PREFIXES[self._name]}"
        dumps = [f"arn:aws:s3:::{bucket}/{DUMPS_PREFIX}/*" for bucket in buckets.values()]
        return [f"{own}/{server_name}/*", *dumps]
