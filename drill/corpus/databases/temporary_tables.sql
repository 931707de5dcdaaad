-- expect: equal
-- A session that keeps a temporary table: the catalogue's rows are in the archive, its files never.
create table kept as select 1 as n;
\! { (echo "create temp table mine (id serial);"; tail -f /dev/null) | psql -qX temporary_tables; } >/dev/null 2>&1 &
do $$ begin
  while not exists (select from pg_class where relname = 'mine_id_seq') loop
    perform pg_sleep(0.1);
  end loop;
end $$;
