-- expect: named: settings by ALTER DATABASE and ALTER ROLE
create schema shadow;
create function shadow.count(int) returns bigint language sql as 'select 42::bigint';
create table kept as select generate_series(1, 20) as n;
alter database :"DBNAME" set search_path = shadow, pg_catalog;
