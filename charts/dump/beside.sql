-- What pg_dump leaves out, silently where its user may not read it; and whom the dump speaks of. A
-- restore elsewhere needs both. One line of JSON, or an error.
--
-- Of extensions pg_dump names no version; it passes over indexes that a failed CREATE INDEX CONCURRENTLY
-- left, and all that is in pg_catalog or information_schema (PostgreSQL's src/bin/pg_dump/pg_dump.c,
-- getIndexes and selectDumpableNamespace). What the first superuser owns is noted nowhere: its oid is 10
-- (PostgreSQL's pg_authid.dat; pg_shdepend.c, recordSharedDependencyOn, skips what is pinned).
--
-- Names of the whole server (roles, databases, tablespaces) are in the encoding of the database that they
-- were made in, and in a database of SQL_ASCII every name may be in any. So an answer that is no UTF-8 is
-- an error, and dump.sh asks again. The variable `shown` is what becomes of a `name`.

with here as (select oid, datacl from pg_database where datname = current_database()),
found (kind, name) as (
  select 'roles, passwords and memberships', quote_ident(rolname)::text from pg_roles
  where rolname !~ '^pg_'
  union all select 'settings by ALTER DATABASE and ALTER ROLE',
    coalesce(quote_ident(r.rolname) || ': ', '') || split_part(each, '=', 1)
  from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) each
  where s.setdatabase in (0, (select oid from here))
  union all select 'privileges of the database itself', quote_ident(current_database())
  from here where datacl is not null
  union all select 'comment on the database itself', shobj_description(oid, 'pg_database')
  from here where shobj_description(oid, 'pg_database') is not null
  union all select 'options of user mappings',
    quote_ident(coalesce(usename, '?')) || ' on ' || quote_ident(srvname) from pg_user_mappings
  union all select 'subscriptions', quote_ident(subname) from pg_subscription
  where subdbid = (select oid from here)
  union all select 'replication slots', quote_ident(slot_name) from pg_replication_slots
  where database = current_database()
  union all select 'prepared transactions', gid from pg_prepared_xacts
  where database = current_database()
  union all select 'rows of foreign tables', c.oid::regclass::text from pg_class c
  where relkind = 'f'
  union all select 'rows of extensions'' tables', c.oid::regclass::text from pg_class c
  join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
  join pg_extension e on e.oid = d.refobjid
  where relkind in ('r', 'p') and c.oid <> all (coalesce(e.extconfig, '{}'))
  union all select 'tablespaces', quote_ident(spcname)
    || case when place like '/%' then ' in ' || place || ', which no standby has' else '' end
  from pg_tablespace, pg_tablespace_location(oid) place where spcname !~ '^pg_'
  union all select 'privileges on parameters', parname from pg_parameter_acl
  union all select 'attributes of the database itself', each from pg_database d, unnest(array[
    case when datconnlimit <> -1 then format('connection limit %s', datconnlimit) end,
    case when datistemplate then 'template' end,
    (select 'tablespace ' || quote_ident(spcname) from pg_tablespace t
      where t.oid = dattablespace and spcname <> 'pg_default')]) each
  where datname = current_database() and each is not null
  union all select 'security labels of the database itself', quote_ident(provider)
  from pg_shseclabel where objoid = (select oid from here) and classoid = 'pg_database'::regclass
  union all select 'versions of extensions', quote_ident(extname) || ' ' || extversion
  from pg_extension left join pg_available_extensions on name = extname
  where extversion is distinct from default_version
  union all select 'invalid indexes', indexrelid::regclass::text
  from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = relnamespace
  where not (indisready and (indisvalid or relkind = 'p')) and nspname !~ '^pg_'
  union all select 'objects in PostgreSQL''s own schemas', pg_describe_object(of, o.oid, 0)
  from (select 'pg_proc'::regclass, oid, pronamespace from pg_proc
    union all select 'pg_class'::regclass, oid, relnamespace from pg_class where relkind <> 'i'
    union all select 'pg_operator'::regclass, oid, oprnamespace from pg_operator
    union all select 'pg_type'::regclass, oid, typnamespace from pg_type
    union all select 'pg_collation'::regclass, oid, collnamespace from pg_collation
    union all select 'pg_conversion'::regclass, oid, connamespace from pg_conversion
    union all select 'pg_opclass'::regclass, oid, opcnamespace from pg_opclass
    union all select 'pg_opfamily'::regclass, oid, opfnamespace from pg_opfamily
    union all select 'pg_statistic_ext'::regclass, oid, stxnamespace from pg_statistic_ext
    union all select 'pg_ts_config'::regclass, oid, cfgnamespace from pg_ts_config
    union all select 'pg_ts_dict'::regclass, oid, dictnamespace from pg_ts_dict
    union all select 'pg_ts_parser'::regclass, oid, prsnamespace from pg_ts_parser
    union all select 'pg_ts_template'::regclass, oid, tmplnamespace from pg_ts_template)
    o (of, oid, schema)
  join pg_namespace n on n.oid = schema and nspname in ('pg_catalog', 'information_schema')
  where o.oid >= 16384 and not exists (select from pg_depend
    where classid = of and objid = o.oid and deptype in ('e', 'i'))
  union all select distinct 'objects in PostgreSQL''s own schemas',
    'dictionaries of text search configuration ' || mapcfg::regconfig::text
  from pg_ts_config_map where mapcfg < 16384 and mapdict >= 16384
  union all select 'other databases', quote_ident(datname) from pg_database
  where not datistemplate and datname not in (current_database(), 'postgres')),
named as (select kind, :shown as name from found),
roles as (
  select oid, rolsuper, :shown as name from (select oid, rolsuper, rolname::text as name from pg_roles)),
counted as (
  select kind, name, row_number() over (partition by kind order by name) as place,
    count(*) over (partition by kind) as total from named),
shown as (
  select kind, place, case when place <= 100 then name else format('and %s more', total - 100) end
    as name from counted where place <= 101),
built as (select json_build_object(
  'locale', (select json_build_object('provider',
      case datlocprovider when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end,
      'collate', datcollate, 'ctype', datctype, 'locale', datlocale, 'rules', daticurules)
    from pg_database where datname = current_database()),
  'roles', (select coalesce(json_agg(distinct name), '[]')
    from pg_shdepend d join roles r on r.oid = d.refobjid
    where d.dbid = (select oid from here) and d.refclassid = 'pg_authid'::regclass),
  'superusers', (select json_agg(name order by name) from roles r
    where rolsuper and (oid = 10 or exists (select from pg_shdepend d
      where d.refobjid = r.oid and d.refclassid = 'pg_authid'::regclass
        and d.dbid = (select oid from here)))),
  'not_held', (select coalesce(json_object_agg(kind, names), '{}')
    from (select kind, json_agg(name order by place) as names from shown group by kind) as each)
  ) as answer)
select answer from built where convert_to(answer::text, 'UTF8') is not null;
