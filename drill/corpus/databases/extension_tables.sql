-- expect: named: relations of extensions
-- expect: named: rows of extensions' tables
create schema tools;
create extension citext schema tools;
create table person (name tools.citext primary key);
insert into person values ('Anna'), ('bo');

create table folding (n int);
insert into folding values (1);
alter extension citext add table folding;
