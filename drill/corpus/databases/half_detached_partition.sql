-- expect: equal
create table event (at int, what text) partition by range (at);
create table event_old partition of event for values from (0) to (10);
create table event_new partition of event for values from (10) to (20);
insert into event select n, n from generate_series(0, 19) n;
-- What a DETACH PARTITION ... CONCURRENTLY leaves that was cancelled; pg_dump attaches it again.
update pg_inherits set inhdetachpending = true where inhrelid = 'event_old'::regclass;
