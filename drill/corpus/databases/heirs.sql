-- expect: equal
create table city (name text not null, people int constraint few check (people > 0) no inherit);
create table capital (state text, constraint named not null state) inherits (city);
-- A dump gives this one the columns of its parent first.
create table port (harbour text, people int, name text not null);
alter table port inherit city;
create table both_of () inherits (capital, port);
insert into city values ('a', 1);
insert into capital values ('b', -2, 's');
insert into port values ('h', 3, 'c');
insert into both_of values ('d', 4, 's', 'h');
