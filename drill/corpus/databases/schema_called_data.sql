-- expect: named: materialised views
-- expect: named: sequences
-- Words that pg_restore --list writes behind a kind: the rows of a view, the value of a sequence.
create schema "DATA";
create table "DATA".kept as select generate_series(1, 9) as n;
create materialized view "DATA".summed as select sum(n) as s from "DATA".kept;
create unique index on "DATA".summed (s);
create view "DATA".shown as select * from "DATA".summed;
create schema "SET";
create sequence "SET".counter;
create table "SET".counted (n int default nextval('"SET".counter'));
insert into "SET".counted default values;
create schema "ATTACH";
create table "ATTACH".whole (n int) partition by list (n);
create table "ATTACH".part partition of "ATTACH".whole default;
insert into "ATTACH".whole values (1);
