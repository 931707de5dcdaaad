"""What `pg_upgrade` would refuse, as far as SQL can tell while the old version serves clients.

The list is that of PostgreSQL 18 (src/bin/pg_upgrade/check.c) for a source of 17, and what its
restore of the schema refuses (tablecmds.c, ATAddForeignKeyConstraint). What only its own look can
tell (a library that the new image lacks) stops it before it has changed anything. A logical slot is
migrated only where it has sent everything, which nobody can tell beforehand.
"""

from host.kubernetes.cluster import Cluster
from host.postgres.psql import Psql
from host.site import Site

OF_THE_SERVER = """
select coalesce(json_agg(blocker), '[]') from (
  select format('database %I accepts no connections (datallowconn)', datname) as blocker
    from pg_database where not datallowconn and datname <> 'template0'
  union all
  select 'database template0 accepts connections (datallowconn)'
    from pg_database where datallowconn and datname = 'template0'
  union all
  select format('prepared transaction %L in database %I', gid, database) from pg_prepared_xacts
  union all
  select format('logical replication slot %I', slot_name)
    from pg_replication_slots where slot_type = 'logical'
) found
"""
DATABASES = """
select coalesce(json_agg(datname order by datname), '[]') from pg_database where datallowconn
"""
OF_A_DATABASE = """
with recursive by_oid(oid) as (
  select t.oid from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where n.nspname = 'pg_catalog' and t.typname in
      ('regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper', 'regoperator',
       'regproc', 'regprocedure')
      or t.typtype = 'c' and (t.oid < 16384 or n.nspname = 'information_schema')
  union
  select made.oid from by_oid of join lateral (
    select t.oid from pg_type t where of.oid in (t.typbasetype, t.typelem)
    union all
    select r.rngtypid from pg_range r where r.rngsubtype = of.oid
    union all
    select c.reltype from pg_attribute a join pg_class c on c.oid = a.attrelid
      where a.atttypid = of.oid and c.reltype <> 0 and not a.attisdropped
  ) made on true
)
select coalesce(json_agg(blocker), '[]') from (
  select format('column %I.%I.%I of type %s in database %I',
      n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), current_database())
      as blocker
    from pg_attribute a
      join pg_class c on c.oid = a.attrelid
      join pg_namespace n on n.oid = c.relnamespace
      join by_oid on by_oid.oid = a.atttypid
    where c.relkind in ('r', 'm', 'i', 'p') and not a.attisdropped
      and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_t(emp|oast)_'
  union all
  select format('subscription %I in database %I: a table of it is being copied',
      s.subname, current_database())
    from pg_subscription s join pg_subscription_rel r on r.srsubid = s.oid
    where r.srsubstate not in ('i', 'r')
  union all
  select format('column %I.%I.%I: its parent is not null, and it is not, in database %I',
      n.nspname, c.relname, child.attname, current_database())
    from pg_inherits i
      join pg_attribute parent on parent.attrelid = i.inhparent
      join pg_attribute child on child.attrelid = i.inhrelid and child.attname = parent.attname
      join pg_class c on c.oid = i.inhrelid
      join pg_namespace n on n.oid = c.relnamespace
    where parent.attnum > 0 and parent.attnotnull and not child.attnotnull
  union all
  select format('foreign key %I of %I.%I: its sides differ in a nondeterministic collation, '
      'in database %I', k.conname, n.nspname, c.relname, current_database())
    from pg_constraint k
      join pg_class c on c.oid = k.conrelid
      join pg_namespace n on n.oid = c.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and exists (
      select from unnest(k.conkey, k.confkey) as key(own, other)
        join pg_attribute own on own.attrelid = k.conrelid and own.attnum = key.own
        join pg_attribute other on other.attrelid = k.confrelid and other.attnum = key.other
        join pg_collation l on l.oid in (own.attcollation, other.attcollation)
      where own.attcollation <> other.attcollation and not l.collisdeterministic)
) found
"""
"""What names an object by its oid: `pg_upgrade` gives most objects new ones. So do rows of a system
catalog or view, which may have other columns then; every relation's rows are a type."""


def blockers(site: Site, live: Cluster) -> list[str]:
    """One sentence per finding, in all databases of the leading instance.

    Raises:
        PsqlFailed: where a database cannot be asked: unknown is not none.
    """
    pod = live.primary_pod or ""
    server = Psql.at(site, pod, database="postgres")
    found: list[str] = server.query(f"{OF_THE_SERVER};", read_only=True)
    for name in server.query(f"{DATABASES};", read_only=True):
        found += Psql.at(site, pod, database=name).query(f"{OF_A_DATABASE};", read_only=True)
    return found
