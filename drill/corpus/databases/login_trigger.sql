-- expect: equal
create table kept as select 1 as n;
create function never() returns event_trigger language plpgsql as $$ begin raise 'nobody'; end $$;
create event trigger no_login on login execute function never();
alter event trigger no_login enable always;
