"""How many rows each table holds, and a checksum of them that does not depend on their order.

What always holds: nothing of the user's runs because we look. The session is read-only; columns are
named one by one, so that no cast of a row's type is asked; a value becomes text by its type's own
output function; generated columns, which may call functions, are left out. Nothing is kept per row:
a session needs 32 MiB and the widest values of one row, once where they are text or bytea, and
about six times where they are of another type, which goes through its text.

Columns are read in the order of their names. A partition may have another order than its table, and
pg_dump gives another one to a table that was made an heir after it was made.

A partitioned table is one table: which partition a row is in need not be the same in two copies, as
where the hash of an enum's label decides.

What two copies of one moment need not share is not counted; `not_compared` names it.
"""

from dataclasses import dataclass
from typing import Any

from host.postgres.damage import damage_of
from host.postgres.psql import Psql, PsqlFailed, literal

SECONDS = 4 * 3600.0
LARGE_OBJECTS = "large objects"
"""Among the tables' names, which all have a schema."""
_TABLES = r"""
with recursive within (part, whole) as (
  select oid, oid from pg_class where relkind = 'r'
  union all
  select part, inhparent from within join pg_class c on c.oid = whole and c.relispartition
    join pg_inherits on inhrelid = whole)
select coalesce(json_agg(json_build_object('name', format('%I.%I', n.nspname, c.relname),
  'whole', format('%I.%I', of_whole.nspname, whole.relname),
  'columns', (select coalesce(json_agg(json_build_array(quote_ident(a.attname::text), (
      with recursive base as (
        select t.typname, t.typnamespace, t.typbasetype from pg_type t where t.oid = a.atttypid
        union all
        select t.typname, t.typnamespace, t.typbasetype
        from base join pg_type t on t.oid = base.typbasetype)
      select typname from base
      where typbasetype = 0 and typnamespace = 'pg_catalog'::regnamespace)
      ) order by a.attname), '[]')
    from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '')
  ) order by 1), '[]')
from within join pg_class c on c.oid = part join pg_namespace n on n.oid = c.relnamespace
  join pg_class whole on whole.oid = within.whole and not whole.relispartition
  join pg_namespace of_whole on of_whole.oid = whole.relnamespace
where c.relpersistence = 'p' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass
    and d.objid = c.oid and d.deptype = 'e');
"""
"""The whole by pg_inherits: of a partition that a DETACH CONCURRENTLY has left half detached,
pg_partition_root says itself, and pg_dump attaches it again."""
_SCAN = """
select json_build_object('table', {literal}, 'rows', count(*), 'checksum', coalesce(sum({row}), 0))
from only {name} as pgtwin_row;
"""
_LARGE_OBJECTS = r"""
select json_build_object('table', 'large objects', 'rows', rows, 'checksum', ids + pages)
from (select count(*) as rows, coalesce(sum(hashtextextended(oid::text, 0)), 0) as ids
    from pg_largeobject_metadata),
  (select coalesce(sum(hashtextextended(textin(record_out(row(loid, pageno, content))), 0)), 0)
      as pages
    from (select loid, pageno, rtrim(data, '\x00') as content from pg_largeobject)
    where length(content) > 0)
where rows > 0;
"""
"""A page that is not there reads as zeros, as one of zeros does."""
_HASHED = {
    "text": 'hashtextextended({}::text collate "C", 0)',
    "varchar": 'hashtextextended({}::text collate "C", 0)',
    "bpchar": 'hashtextextended({}::text collate "C", 0)',
    "bytea": "sha256({})",
}
"""Types whose values are hashed where they lie, without a second copy as text."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """What one table holds."""

    rows: int
    checksum: str
    """The sum of a 64-bit hash of every row's text."""
    unread: str | None = None
    """Why it could not be read to its end."""
    damaged: bool = False
    """Whether that is since PostgreSQL found it damaged."""


def contents(psql: Psql) -> dict[str, Content]:
    """Every table of a database by its quoted name, partitions with theirs; reads each once.

    Raises:
        PsqlFailed: where the tables cannot be listed.
    """
    tables = psql.query(_TABLES, read_only=True)
    scans = {each["name"]: _scan(each["name"], each["columns"]) for each in tables}
    scans[LARGE_OBJECTS] = _LARGE_OBJECTS
    read = psql.values("\n".join(scans.values()), timeout_seconds=SECONDS)
    found = {
        each["table"]: Content(rows=each["rows"], checksum=str(each["checksum"])) for each in read
    }
    unread = {name: _why(psql, scan) for name, scan in scans.items() if name not in found}
    parts = found | {name: content for name, content in unread.items() if content}
    return _whole(parts, {each["name"]: each["whole"] for each in tables})


def _whole(parts: dict[str, Content], tables: dict[str, str]) -> dict[str, Content]:
    found: dict[str, list[Content]] = {}
    for name, content in parts.items():
        found.setdefault(tables.get(name, name), []).append(content)
    return {name: _sum(contents) for name, contents in found.items()}


def _sum(parts: list[Content]) -> Content:
    """One of them that could not be read, one that is damaged before all, or all together."""
    unread = [each for each in parts if each.unread is not None]
    if unread:
        return max(unread, key=lambda each: each.damaged)
    return Content(
        rows=sum(each.rows for each in parts),
        checksum=str(sum(int(each.checksum) for each in parts)),
    )


def _scan(name: str, columns: list[list[Any]]) -> str:
    values = ", ".join(
        _HASHED.get(kind, "{}").format(f"pgtwin_row.{column}") for column, kind in columns
    )
    row = f"hashtextextended(textin(record_out(row({values}))), 0)"
    return _SCAN.format(name=name, literal=literal(name), row=row)


def _why(psql: Psql, scan: str) -> Content | None:
    """Scan once more, for the reason; None where there was nothing to count."""
    try:
        again = psql.query(
            f"\\set VERBOSITY verbose\n{scan}", timeout_seconds=SECONDS, read_only=True
        )
    except PsqlFailed as failed:
        why = damage_of(str(failed))
        return Content(rows=0, checksum="", unread=why.text, damaged=why.damaged)
    return Content(rows=again["rows"], checksum=str(again["checksum"])) if again else None
