-- expect: named: the dump cannot be restored: new row for relation "offer" violates check
create table offer (until timestamptz check (until > now()));
insert into offer values (now() + interval '10 ms');
