-- expect: equal
-- beside others
create table closed (n int);
insert into closed select generate_series(1, 20);
create function never() returns trigger language plpgsql as $$ begin raise 'closed'; end $$;
create trigger closed before insert on closed for each row execute function never();
alter table closed enable always trigger closed;
create rule gone as on delete to closed do instead nothing;
