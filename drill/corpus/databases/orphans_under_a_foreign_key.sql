-- expect: named: the dump cannot be restored: insert or update on table "child" violates
create table parent (id int primary key);
create table child (parent int references parent);
set session_replication_role = replica;
insert into child values (1);
