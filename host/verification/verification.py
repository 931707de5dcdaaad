"""One verification: restore, look, compare, delete; every check ends up in the evidence.

What always holds: whatever fails, and in whatever way, the throw-away cluster is deleted
afterwards, and that is a check of its own. Of the live database the size and the volumes are read,
and a writer is asked to close its open WAL segment; nothing else.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from host.archive.archives import own_archive
from host.archive.restoration import store_of
from host.explain import explain
from host.kubernetes.cluster import Cluster
from host.kubernetes.kubectl import Object
from host.machine.waiting import wait_for
from host.postgres import heartbeat
from host.postgres.amcheck import amcheck
from host.postgres.contents import contents
from host.postgres.damage import Differs, Finding
from host.postgres.not_compared import not_compared, not_restored
from host.postgres.psql import Psql
from host.site import Site
from host.verification.choice import Choice
from host.verification.comparison import Comparison
from host.verification.dump_restore import restore_dump, restore_job, restored_database
from host.verification.throw_away import ThrowAway
from host.verification.throw_away_cluster import PREFIX, throw_away_cluster

_CLOSE_SEGMENT = "SELECT to_json(pg_switch_wal());"
_PASS = ("passed", "not judged")
"""The verdicts of a check that did not fail. What could not be looked at has not passed."""
_log = logging.getLogger(__name__)


class Verification:
    """Of one choice, in one throw-away cluster."""

    def __init__(
        self, site: Site, *, live: Cluster, choice: Choice, machine: str, template: Object
    ) -> None:
        self._site = site
        self._live = live
        self._choice = choice
        self._machine = machine
        self._template = template
        self._throw_away = ThrowAway(site, machine)
        self._began = site.machine.clock.now()
        self._name = f"{PREFIX}{self._began:%Y%m%d%H%M%S}"
        self._pod = ""
        self._checks: list[Object] = []
        self._tables: list[Object] = []
        self._not_compared: dict[str, list[str]] = {}
        self._not_restored: list[str] = []

    @property
    def began(self) -> datetime:
        """When it began, in UTC."""
        return self._began

    @property
    def passed(self) -> bool:
        """Whether every check did."""
        return all(check["passed"] for check in self._checks)

    @property
    def checks(self) -> list[Object]:
        """Each check with what it found, in order."""
        return self._checks

    def run(self) -> Object:
        """Carry it out; the evidence."""
        try:
            if self._check("base backup", self._restore):
                self._check("pg_amcheck", self._amcheck)
                if self._check("dump", self._restore_dump):
                    self._check("rows", self._rows)
        finally:
            self._check("throw-away deleted", self._delete)
        choice, document = self._choice, self._site.document
        return {
            "schema": 1,
            "site": document.site,
            "at": self._began.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "by": self._machine,
            "passed": self.passed,
            "base_backup": {"id": choice.backup.backup_id, "server_name": choice.server_name},
            "dump": choice.dump.dump_id,
            "restored_to": choice.target,
            "checks": self._checks,
            "tables": self._tables,
            "not_compared": self._not_compared,
            "not_restored": self._not_restored,
            "not_in_the_dump": choice.snapshot.not_held if choice.snapshot else {},
        }

    def _check(self, name: str, run: Callable[[], Finding]) -> bool:
        clock = self._site.machine.clock
        start = clock.monotonic()
        try:
            found = run()
            verdict, result = "not judged" if found.not_judged else "passed", found.result
        except Exception as error:
            ours = explain(error)
            if ours is None:
                _log.exception("%s ended early", name)
            verdict = "differs" if isinstance(error, Differs) else "could not look"
            result = str(ours or repr(error))
        passed = verdict in _PASS
        _log.log(logging.INFO if passed else logging.ERROR, "%s: %s: %s", name, verdict, result)
        self._checks.append(
            {
                "check": name,
                "passed": passed,
                "verdict": verdict,
                "result": result,
                "seconds": round(clock.monotonic() - start, 1),
            }
        )
        return passed

    def _restore(self) -> Finding:
        choice = self._choice
        self._await_archived()
        self._pod = self._throw_away.make(
            throw_away_cluster(
                self._live.item,
                name=self._name,
                machine=self._machine,
                store=store_of(self._site, self._live, self._site.document.site),
                server_name=choice.server_name,
                target=choice.target,
            )
        )
        moment = f"WAL {choice.comparable.lsn}" if choice.comparable else "the end of the archive"
        done = f"{choice.backup.backup_id} of {choice.server_name}, replayed to {moment}"
        return Finding(result=done)

    def _await_archived(self) -> None:
        """Until the archive holds the dump's moment.

        Its segment may still be open. The writer closes it when asked; what a replica archives has
        to come through the writer's archive first.

        Raises:
            TimedOut: when it does not arrive.
        """
        if self._choice.comparable is None:
            return
        lsn = self._choice.comparable.lsn
        archive = own_archive(self._site, self._choice.server_name)
        if archive.holds_wal(lsn):
            return
        if self._live.is_writer and self._live.primary_pod is not None:
            pod = self._live.primary_pod
            Psql.at(self._site, pod, database="postgres").query(_CLOSE_SEGMENT)
        wait_for(
            self._site.machine.clock,
            f"the WAL of the dump's moment, {lsn}, in {archive.url}",
            lambda: archive.holds_wal(lsn),
            deadline_seconds=2 * heartbeat.following_seconds(self._site),
            every_seconds=1,
        )

    def _amcheck(self) -> Finding:
        document = self._site.document
        return amcheck(
            self._site.kubectl,
            namespace=document.namespace,
            pod=self._pod,
            database=document.database.name,
        )

    def _restore_dump(self) -> Finding:
        dump = self._choice.dump.dump_id
        restore_dump(self._site, restore_job(self._template, cluster=self._name, dump=dump))
        self._not_restored = not_restored(self._psql(restored_database(self._template)))
        return Finding(result=f"{dump}: every checksum right, restored")

    def _rows(self) -> Finding:
        archive = self._psql("")
        dump = contents(self._psql(restored_database(self._template)))
        found = Comparison(archive=contents(archive), dump=dump)
        self._tables = found.tables()
        self._not_compared = not_compared(archive)
        if self._choice.unreadable:
            raise self._choice.unreadable
        if self._choice.comparable is None:
            text = f"not compared, since {self._choice.why_not}; {self._newest_row()}"
            return Finding(result=text, not_judged=True)
        return found.judged(still=self._choice.comparable.still)

    def _delete(self) -> Finding:
        return Finding(result=self._throw_away.delete(self._name))

    def _newest_row(self) -> str:
        """Where nothing can be compared, the replay at least has to reach the present."""
        psql = self._psql("")
        ages = [heartbeat.age_seconds(psql, site) for site in ("primary", "dr")]
        newest = min((age for age in ages if age is not None), default=None)
        if newest is None:
            raise Differs("the restored database holds no heartbeat")
        age = newest - (self._site.machine.clock.now() - self._began).total_seconds()
        if age > 2 * heartbeat.following_seconds(self._site):
            raise Differs(f"the archive ends early: its newest row was {age:.0f} s old")
        return f"the archive's newest row was {max(0.0, age):.0f} s old"

    def _psql(self, database: str) -> Psql:
        return Psql.at(self._site, self._pod, database=database)
