"""pg_amcheck in a database pod: every heap page, every B-tree against its heap.

It reads every page, so the page checksums are judged too. The flags are those that need a lock on
the whole table; in a throw-away cluster nobody waits for it. `--heapallindexed` computes an index's
expressions, which are the user's functions: as the table's owner, with no search path, and here in
a session that can write nothing. Such a function may fail, and pg_amcheck tells that as it tells
corruption. So what it finds is looked at once more, by itself, for the SQLSTATE.

The database may have the extension already, in any schema and version; in a throw-away cluster it
is brought to those that this file calls.
"""

import re
from dataclasses import dataclass
from typing import Any

from host.deadlines import COPY_SECONDS
from host.errors import Failed
from host.kubernetes.kubectl import Kubectl
from host.postgres.damage import Differs, Finding, Reason, damage_of
from host.postgres.psql import Psql, PsqlFailed

_FOUND = 2
"""pg_amcheck's exit code where a check did not pass; any other but 0: it could not look."""
_SHOWN = 500
_CORRUPT = "the restored database is corrupt:"
_FLAGS = (
    "--heapallindexed",
    "--parent-check",
    "--checkunique",
    "--no-password",
    "--jobs=2",
)
_AT_A_PLACE = re.compile(r'^heap table ".*", block \d+', re.MULTILINE)
"""Corruption in a heap has a place; an error of the check itself has none."""
_OBJECTS = """
select coalesce(json_agg(json_build_array(n.nspname, c.relname, c.relkind, c.oid::text)), '[]')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm', 't', 'i');
"""
_PREPARE = """
create extension if not exists amcheck with schema pg_catalog;
alter extension amcheck set schema pg_catalog;
alter extension amcheck update;
select to_json(array['pg_catalog.verify_heapam'::regproc::oid,
  'pg_catalog.bt_index_parent_check(regclass, boolean, boolean, boolean)'::regprocedure::oid]);
"""
_SEQUENCES = r"""
\set VERBOSITY verbose
select json_agg(format('%I.%I: %s', n.nspname, c.relname, found.msg))
from pg_class c join pg_namespace n on n.oid = c.relnamespace
  cross join lateral pg_catalog.verify_heapam(c.oid) found
where c.relkind = 'S' and c.relpersistence <> 't';
"""
"""pg_amcheck passes them over, since they have no access method (pg_class.relam is 0). A session's
temporary ones are in the catalogue that an archive restores, and their files are in no archive."""
_AGAIN = {
    "i": "select to_json(pg_catalog.bt_index_parent_check({oid}, true, false, true)::text);",
    "": "select to_json(count(*)) from pg_catalog.verify_heapam({oid});",
}


def amcheck(kubectl: Kubectl, *, namespace: str, pod: str, database: str) -> Finding:
    """Check one database; says what was checked, and what could not be judged.

    Raises:
        Differs: with the first corruption.
        Failed: with the reason why it could not look.
    """
    psql = Psql(kubectl, namespace=namespace, pod=pod, database=database)
    try:
        psql.query(_PREPARE)
    except PsqlFailed as failed:
        raise Failed(f"pg_amcheck could not look: {failed}") from failed
    _check_sequences(psql)
    look = ("exec", "-n", namespace, pod, "-c", "postgres", "--", "pg_amcheck", *_FLAGS)
    result = psql.asked(
        lambda where: kubectl.run(*look, where, timeout_seconds=COPY_SECONDS),
        read_only=True,
        fine=(0, _FOUND),
    )
    said = result.stdout.strip() or result.stderr.strip()
    if result.exit_code == 0:
        return Finding(result="every table, sequence and B-tree, with " + " ".join(_FLAGS[:3]))
    if result.exit_code != _FOUND:
        raise Failed(f"pg_amcheck could not look (exit code {result.exit_code}): {said[:_SHOWN]}")
    return _Complaints(psql=psql, database=database, said=said).judged()


def _check_sequences(psql: Psql) -> None:
    try:
        found = psql.query(_SEQUENCES, timeout_seconds=COPY_SECONDS, read_only=True)
    except PsqlFailed as failed:
        reason = damage_of(str(failed))
        if reason.damaged:
            raise Differs(f"{_CORRUPT} a sequence: {reason.text}") from failed
        raise Failed(f"amcheck could not look at the sequences: {reason.text}") from failed
    if found:
        raise Differs(f"{_CORRUPT} {'; '.join(found)[:_SHOWN]}")


@dataclass(frozen=True, kw_only=True)
class _Complaints:
    """What pg_amcheck found, before it is known what that means."""

    psql: Psql
    database: str
    said: str

    def judged(self) -> Finding:
        """What could not be judged.

        Raises:
            Differs: where one of them is damage, or none can be told apart.
            Failed: where one of them could not be looked at again.
        """
        corrupt = Differs(f"{_CORRUPT} {self.said[:_SHOWN]}")
        if _AT_A_PLACE.search(self.said):
            raise corrupt
        found = [each for each in self.psql.query(_OBJECTS, read_only=True) if self._names(each)]
        reasons = [(f"{each[0]}.{each[1]}", self._again(each)) for each in found]
        if not found or any(reason is None or reason.damaged for _, reason in reasons):
            raise corrupt
        told = "; ".join(f"{name} ({reason.text})" for name, reason in reasons if reason)
        if any(reason and reason.could_not_look for _, reason in reasons):
            raise Failed(f"pg_amcheck could not look: {told}")
        return Finding(
            result=f"every other table and B-tree; the check itself failed at: {told}",
            not_judged=True,
        )

    def _names(self, item: list[Any]) -> bool:
        schema, name, kind, _ = item
        what = "btree index" if kind == "i" else "heap table"
        return f'{what} "{self.database}.{schema}.{name}":' in self.said

    def _again(self, item: list[Any]) -> Reason | None:
        """Why this check failed; None where it does not fail again."""
        *_, kind, oid = item
        check = _AGAIN.get(kind, _AGAIN[""]).format(oid=oid)
        try:
            self.psql.query(
                f"\\set VERBOSITY verbose\n{check}", timeout_seconds=COPY_SECONDS, read_only=True
            )
        except PsqlFailed as failed:
            return damage_of(str(failed))
        return None
