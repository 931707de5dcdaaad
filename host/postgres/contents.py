"""How many rows each table holds, and a checksum of them that does not depend on their order.

Not counted are what two copies of one moment need not share: unlogged tables, which a restored
archive holds empty, materialised views, which a restored dump computes anew, the tables of
extensions, and sequences, which run ahead of the WAL.
"""

from dataclasses import dataclass

from host.postgres.psql import Psql

_SECONDS = 4 * 3600.0
_QUERY = """
set client_min_messages = warning;
set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set timezone = 'UTC';
set extra_float_digits = 1; set bytea_output = 'hex'; set xmlbinary = 'base64';
set lc_monetary = 'C'; set search_path = pg_catalog; set statement_timeout = 0;
create temp table content (name text, rows bigint, checksum text);
do $$
declare found record;
begin
  for found in
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and c.relpersistence = 'p'
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass
        and d.objid = c.oid and d.deptype = 'e')
  loop
    execute format('insert into pg_temp.content select %L, count(*), '
      'coalesce(sum(hashtextextended(whole_row::text, 0)), 0) from only %s whole_row',
      found.name, found.name);
  end loop;
end $$;
select coalesce(json_object_agg(name, json_build_object('rows', rows, 'checksum', checksum)), '{}')
from pg_temp.content;
"""


@dataclass(frozen=True, kw_only=True)
class Content:
    """What one table holds."""

    rows: int
    checksum: str
    """The sum of a 64-bit hash of every row's text."""


def contents(psql: Psql) -> dict[str, Content]:
    """Every table of a database by its quoted name; reads all of them once."""
    found = psql.query(_QUERY, timeout_seconds=_SECONDS)
    return {name: Content(**content) for name, content in found.items()}
