"""PostgreSQL's next major version, on both sites.

What always holds:

1. Both sites are whole, and nothing that SQL can see blocks `pg_upgrade`, before clients notice
   anything. A dump and a base backup of the old version are taken first.
2. While the writer's data is converted, the replica holds all of it in the old version: it has
   replayed everything up to the shutdown. It is not touched before the new version has acknowledged
   a write and has a base backup of its own.
3. The new version archives under a new server name, and PostgreSQL starts only when both records
   name it. So there are two ways back without a loss until that start, which is the point of no
   return: the old version starts again in place while the data is not converted (this plan does it
   by itself), and afterwards the replica is promoted: `pgtwin failover --to`. After that start
   the old version is only what its archive holds: a restore to the moment of the upgrade.
4. A replica cannot follow across a major version. Its cluster is deleted and cloned again, under a
   new server name. Until it follows the writer's region must not be lost: the report says how long.

Downtime is from `stop` to the end of `start`. The leading instance alone is converted, so with
several instances it includes the copy of one standby: a commit has to be on two machines.
"""

from collections.abc import Mapping

from pgtwin.errors import PlanRefused, unchanged
from pgtwin.leftovers import leftover_step
from pgtwin.new_archive import is_recorded, record_archive
from pgtwin.plan import Plan, Step
from pgtwin.replica_upgrade import ReplicaUpgrade
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from pgtwin.upgradable_site import UpgradableSite
from pgtwin.upgrade_back import keep_step, start_old_step
from pgtwin.upgrade_check import why_not
from pgtwin.wal_position import reaches
from topology.site import SITES, SiteName

REPLAY_SECONDS = 900.0
"""The replica fetches the last segments from the archive, or gives up and nothing is converted."""


def major_upgrade(run: Run, sites: Mapping[SiteName, UpgradableSite], *, to: int) -> Plan:
    """Bring the writer's data, then the replica's, to the major version `to`."""
    steps = _Steps(run, sites, to)

    def writer() -> UpgradableSite:
        return sites[run.newest_record(SITES).writer]

    return Plan(
        what=f"upgrade to PostgreSQL {to}",
        steps=(
            steps.check(),
            steps.back_up(),
            steps.stop(),
            steps.replay(),
            steps.convert(),
            steps.record_writer(),
            steps.start(),
            steps.back_up_new(),
            steps.replica.record(),
            steps.replica.clone(),
            steps.analyze(),
        ),
        way_back=(keep_step(writer), start_old_step(writer)),
        last_way_back="convert",
        repeat="pgtwin upgrade --postgres",
    )


def _named(blockers: tuple[str, ...]) -> str | None:
    if not blockers:
        return None
    return (
        f"pg_upgrade would refuse: {'; '.join(blockers)} - change that, then repeat: "
        "pgtwin upgrade --postgres"
    )


class _Steps:
    """The steps; which site writes is looked up when the first is taken."""

    def __init__(self, run: Run, sites: Mapping[SiteName, UpgradableSite], to: int) -> None:
        self._run = run
        self._sites = sites
        self._to = to
        self._ended_at = ""
        self.replica = ReplicaUpgrade(run, sites, to)

    @property
    def _writer(self) -> UpgradableSite:
        return self._sites[self.replica.writer_name]

    def check(self) -> Step:
        def act() -> None:
            newest, writer = self._run.newest_record(SITES), self._writer.observe(outside=True)
            replica = self.replica.site.observe(outside=True)
            problem = why_not(newest, writer=writer, replica=replica, to=self._to)
            if problem is None and self._is_untouched(writer):
                problem = _named(self._writer.upgrade_blockers())
            if problem:
                raise PlanRefused(unchanged(problem))

        return Step(name="check", changes="nothing", undo="nothing to undo", act=act)

    def back_up(self) -> Step:
        def act() -> None:
            self._run.tell(f"dump of the old version: {self._writer.dump()}")
            self._run.tell(f"base backup of the old version: {self._writer.back_up()}")

        return Step(
            name="back up",
            changes="a dump, and a base backup in the writer's archive",
            undo="nothing to undo; retention removes them",
            act=act,
            done=lambda: not self._is_untouched(self._writer.observe()),
        )

    def stop(self) -> Step:
        def act() -> None:
            self._ended_at = self._writer.stop_for_upgrade()
            self._run.tell(f"the old version ended at {self._ended_at}; clients wait from now on")

        return Step(
            name="stop",
            changes="PostgreSQL of the writer is stopped, and all its WAL archived",
            undo="the old version starts again",
            act=act,
            done=self._is_converting,
        )

    def replay(self) -> Step:
        def has_all() -> bool:
            return reaches(self.replica.site.observe().lsn, self._ended_at)

        return Step(
            name="let the replica replay",
            changes="nothing: the replica holds everything, in the old version",
            undo="nothing to undo",
            act=lambda: self._run.wait_until(
                has_all, f"{self.replica.name} has replayed {self._ended_at}", REPLAY_SECONDS
            ),
            done=self._is_converting,
        )

    def convert(self) -> Step:
        def act() -> None:
            newest = self._run.newest_record(SITES)
            self._writer.convert(newest.next_server_name(self.replica.writer_name))

        return Step(
            name="convert",
            changes="pg_upgrade converts the data of the writer's leading instance",
            undo="the old version starts again; once converted: promote the replica",
            act=act,
            done=self._converted,
        )

    def record_writer(self) -> Step:
        def act() -> None:
            name = self._writer.observe().server_name
            record_archive(self._run, self.replica.writer_name, name)

        return Step(
            name="record the new archive",
            changes="the record in both regions gives the writer a new server name",
            undo="pgtwin failover, which promotes the replica",
            act=act,
            done=lambda: is_recorded(
                self._run, self.replica.writer_name, self._writer.observe().server_name
            ),
        )

    def start(self) -> Step:
        def act() -> None:
            self._writer.start_upgraded()
            self._run.tell(f"PostgreSQL {self._to} has acknowledged a write; no way back from here")

        return Step(
            name="start",
            changes=f"PostgreSQL {self._to} accepts writes: the point of no return",
            undo="none without a loss: a restore of the old version's archive",
            act=act,
            done=self.replica.is_upgraded,
        )

    def back_up_new(self) -> Step:
        def act() -> None:
            self._run.tell(f"base backup of the new version: {self._writer.back_up()}")

        return Step(
            name="back up the new version",
            changes="the first base backup in the writer's new archive",
            undo="nothing to undo; retention removes it",
            act=act,
            done=self.replica.is_upgraded,
        )

    def analyze(self) -> Step:
        def act() -> None:
            self._writer.analyze()

        return leftover_step(
            self._run,
            {"make the writer's statistics": act},
            name="analyze",
            changes="statistics that pg_upgrade did not carry over",
        )

    def _is_untouched(self, writer: SiteState) -> bool:
        return writer.postgres != self._to and writer.upgrading_to is None

    def _is_converting(self) -> bool:
        return self._writer.observe().requested_postgres == self._to

    def _converted(self) -> bool:
        return self._writer.observe().postgres == self._to
