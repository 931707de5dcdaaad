"""The corpus on embedded PostgreSQL, with the project's own scripts and the host's own checks.

All databases are made on one server, and a base backup is taken. Then each gets a heartbeat, is
dumped, and gets a later row. The base backup replays the archive to right before the last dump's
moment, as a verification does, so that it holds the heartbeat and not the later row. Each dump is
restored beside the database that it was taken of, and compared with it.

Between the first dump and the last nobody writes, so that the last dump's moment is every dump's.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from drill.awkward_database import AwkwardDatabase, Outcome
from drill.corpus.server import NAMESPACE, POD, Server
from drill.operator.processes import CommandFailed, Processes
from host.errors import HostError
from host.postgres import heartbeat
from host.postgres.amcheck import amcheck
from host.postgres.contents import contents
from host.postgres.not_compared import not_compared
from host.verification.comparison import Comparison

SCRIPTS = Path(__file__).parents[2] / "charts" / "dump"
_ROLES = """
create role app_user login;
create role dump_user login bypassrls in role pg_read_all_data;
"""
_USERS = ("app_user", "dump_user")
_AT_ONCE = 2
_OF_A_SUPERUSER = "rows depend on what only a superuser may make"
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True)
class Dump:
    """What dump.sh left, or why it left nothing."""

    name: str = ""
    snapshot: dict[str, Any]
    why_not: str = ""


class Corpus:
    """One run of some databases; `tell` is told each step as (what, done, of)."""

    def __init__(self, processes: Processes, tell: Callable[[str, int, int], None]) -> None:
        self._processes = processes
        self._tell = tell
        self._dumps = processes.directory / "dumps"

    def run(self, databases: Sequence[AwkwardDatabase]) -> list[Outcome]:
        """Make, dump, restore and compare them all."""
        origin = Server.new(self._processes, "origin")
        archive = origin.folder / "archive"
        with origin.running(archive_mode="on", archive_command=f'cp "%p" "{archive}/%f"'):
            origin.feed("postgres", _ROLES)
            self._each("make", databases, lambda each: self._make(origin, each))
            copy = origin.base_backup("copy")
            for each in databases:
                self._beat(origin, each, "primary")
            dumps = self._each("dump", databases, lambda each: self._dump(origin, each))
            self._each("go on writing", databases, lambda each: self._beat(origin, each, "dr"))
            origin.feed("postgres", "select pg_switch_wal();")
        with copy.running(**self.recovery(archive, dumps)):
            pairs = list(zip(databases, dumps, strict=True))
            return self._each("restore and compare", pairs, lambda pair: self._compare(copy, *pair))

    def recovery(self, archive: Path, dumps: Sequence[Dump]) -> dict[str, str]:
        """PostgreSQL's settings for CloudNativePG's `targetLSN` with `exclusive`."""
        ends = [dump.snapshot["lsn"] for dump in dumps if dump.snapshot]
        return {
            "restore_command": f'cp "{archive}/%f" "%p"',
            "recovery_target_lsn": max(ends, key=lambda lsn: [int(x, 16) for x in lsn.split("/")]),
            "recovery_target_inclusive": "off",
            "recovery_target_action": "promote",
        }

    def _each(
        self, what: str, items: Sequence[_Item], act: Callable[[_Item], _Result]
    ) -> list[_Result]:
        """Some at a time. An interruption waits for none of them: the processes are ended."""
        pool, found = ThreadPoolExecutor(_AT_ONCE), []
        try:
            for result in pool.map(act, items):
                found.append(result)
                self._tell(what, len(found), len(items))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return found

    def _make(self, server: Server, database: AwkwardDatabase) -> None:
        server.feed("postgres", f'create database "{database.name}" owner app_user;')
        server.feed(database.name, database.sql)

    def _beat(self, server: Server, database: AwkwardDatabase, site: str) -> None:
        psql = server.psql(database.name)
        heartbeat.ensure(psql, "app_user", users=_USERS)
        heartbeat.write(psql, site)

    def _dump(self, server: Server, database: AwkwardDatabase) -> Dump:
        folder = self._dumps / database.name
        try:
            said = server.script(
                SCRIPTS / "dump.sh",
                PGDATABASE=database.name,
                PGUSER="dump_user",
                DUMP_DIRECTORY=str(folder),
                DUMP_LIMIT_MIB="1000",
                DUMP_COMPRESSION="gzip",
            )
        except CommandFailed as failed:
            return Dump(snapshot={}, why_not=failed.output)
        name = said.strip()
        snapshot = (folder / name / "SNAPSHOT").read_text(encoding="utf-8")
        return Dump(name=name, snapshot=json.loads(snapshot))

    def _compare(self, copy: Server, database: AwkwardDatabase, dump: Dump) -> Outcome:
        name, back = database.name, f"{database.name}_back"
        if dump.why_not:
            return Outcome(name=name, outcome=f"no dump: {dump.why_not}", named=[])
        try:
            copy.script(
                SCRIPTS / "restore.sh",
                THROW_AWAY="verify-corpus",
                DUMP_DIRECTORY=str(self._dumps / name),
                DUMP_NAME=dump.name,
                DUMP_DATABASE=back,
            )
        except CommandFailed as failed:
            return _not_restored(name, failed.output)
        try:
            return Outcome.of(name, self._named(copy, name, back, dump))
        except HostError as error:
            return Outcome(name=name, outcome=str(error), named=[])

    def _named(self, copy: Server, name: str, back: str, dump: Dump) -> list[str]:
        """What is not held, not compared and not judged, where nothing differs."""
        psql = copy.psql(name)
        found = Comparison(archive=contents(psql), dump=contents(copy.psql(back)))
        judged = found.judged(still=dump.snapshot["still"])
        checked = amcheck(copy.kubectl, namespace=NAMESPACE, pod=POD, database=name)
        not_judged = [f"not judged: {each.result}" for each in (judged, checked) if each.not_judged]
        return [*dump.snapshot["not_held"], *not_compared(psql), *not_judged]


def _not_restored(name: str, said: str) -> Outcome:
    """Named only where it is pg_restore that cannot, or a superuser that is needed, and is told."""
    failed = said.partition("pg_restore failed: ")[2].partition("ERROR:  ")[2].strip()
    why = _OF_A_SUPERUSER if _OF_A_SUPERUSER in said else failed
    if not why:
        return Outcome(name=name, outcome=f"not restored: {said}", named=[])
    return Outcome.of(name, [f"the dump cannot be restored: {why}"])
