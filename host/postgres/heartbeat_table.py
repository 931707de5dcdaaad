"""Whether what is called `pgtwin.heartbeat` is pgtwin's own table.

What always holds: no superuser's session writes or reads anything else of that name. Whoever owns a
table or its schema puts a trigger, a rule or a view there, and its functions run as whoever writes
or reads. What belongs to a superuser can be replaced by nobody else, so it still holds in the next
statement.

Functions are called with the types that they take: a superuser may make another one for the type
that an argument has, which PostgreSQL then prefers, and on a replica that superuser may be the
other site's. That is one way of many, and not a boundary (docs/security.md).
"""

LOOK = r"""
select why = '' and c.oid is null as heartbeat_absent,
  why = '' and c.oid is not null as heartbeat_own,
  case when why <> '' then 'pgtwin.heartbeat is not used: ' || why else '' end as heartbeat_refused
from (select) as always
left join pg_namespace n on n.nspname = 'pgtwin'
left join pg_class c on c.relnamespace = n.oid and c.relname = 'heartbeat',
lateral concat_ws(', ',
  (select 'the schema pgtwin belongs to ' || quote_ident(rolname::text)
    from pg_roles where oid = n.nspowner and not rolsuper),
  (select 'it belongs to ' || quote_ident(rolname::text)
    from pg_roles where oid = c.relowner and not rolsuper),
  case when c.relkind <> 'r' then 'it is no table' end,
  (select 'it has the trigger ' || quote_ident(min(tgname::text))
    from pg_trigger where tgrelid = c.oid having count(*) > 0),
  case when exists (select from pg_rewrite where ev_class = c.oid) then 'it has a rule' end,
  case when c.relrowsecurity then 'it has row security' end) as why \gset
"""
"""Sets psql's `heartbeat_absent` and `heartbeat_own`; `heartbeat_refused` is empty or says why."""
REMEDY = "rename that schema, or drop what is there"
REFUSE = rf"""
select format('do %L', format('begin raise exception using message = %L; end',
  :'heartbeat_refused' || '; {REMEDY}'))
where :'heartbeat_refused' <> '' \gexec
"""
"""Ends a script after `LOOK` with the reason where it is not pgtwin's own."""
