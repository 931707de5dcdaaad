-- expect: named: objects in PostgreSQL's own schemas
create function pg_catalog.twice(int) returns int immutable language sql return $1 * 2;
create table information_schema.mine as select 1 as n;
create table kept as select 1 as n;
