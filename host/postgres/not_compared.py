"""What two copies of one moment need not share, by kind, so that it can be named.

An archive restores unlogged tables empty. A sequence runs ahead of the WAL by up to 32 values, and
a dump reads it after its moment. A restored dump recomputes generated columns, and materialised
views only where somebody uses it. Foreign tables hold their rows elsewhere. Extensions fill their
own tables. Roles belong to the whole server, and no dump of one database has them.
"""

from host.postgres.psql import Psql

_KINDS = r"""
with mine as (
  select c.oid, c.relkind, c.relpersistence, format('%I.%I', n.nspname, c.relname) as name,
    exists (select from pg_depend d where d.classid = 'pg_class'::regclass
      and d.objid = c.oid and d.deptype = 'e') as of_extension
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'),
found as (
  select case when of_extension then 'relations of extensions'
      when relkind = 'S' then 'sequences' when relkind = 'm' then 'materialised views'
      when relkind = 'f' then 'foreign tables' else 'unlogged tables' end as kind, name
  from mine
  where relkind in ('S', 'm', 'f') or relkind = 'r' and (relpersistence = 'u' or of_extension)
  union all
  select 'generated columns', mine.name || '.' || quote_ident(a.attname::text)
  from mine join pg_attribute a on a.attrelid = mine.oid
  where mine.relkind = 'r' and a.attgenerated <> '' and not a.attisdropped
  union all
  select 'roles', quote_ident(rolname::text) from pg_roles where rolname !~ '^pg_')
select coalesce(json_object_agg(kind, names), '{}')
from (select kind, json_agg(name order by name) as names from found group by kind);
"""

_NOTED = """
select to_json(shobj_description(oid, 'pg_database'))
from pg_database where datname = current_database();
"""


def not_compared(psql: Psql) -> dict[str, list[str]]:
    """The quoted names of a database by kind, such as `sequences`; a kind without any is left out.

    Raises:
        PsqlFailed: with what psql said.
    """
    found: dict[str, list[str]] = psql.query(_KINDS, read_only=True)
    return found


def not_restored(psql: Psql) -> list[str]:
    """The entries of a dump that its restore left out, as `charts/dump/restore.sh` noted them.

    Raises:
        PsqlFailed: with what psql said.
    """
    noted: str | None = psql.query(_NOTED, read_only=True)
    return noted.split("\n") if noted else []
