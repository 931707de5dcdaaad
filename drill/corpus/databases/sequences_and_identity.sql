-- expect: named: sequences
-- beside others
create table numbered (id bigint generated always as identity, serial bigserial);
insert into numbered (serial) select n from generate_series(1, 40) n;
create sequence apart increment -7;
select nextval('apart');
