-- expect: equal
create table kept as select 1 as n;
create function never() returns event_trigger language plpgsql as $$ begin raise 'not here'; end $$;
create event trigger no_ddl on ddl_command_start execute function never();
alter event trigger no_ddl enable always;
