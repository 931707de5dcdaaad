-- expect: equal
-- beside others
set role app_user;
create schema own;
create type own.celsius as (degrees numeric);
create function own.degrees(own.celsius) returns numeric immutable
  language sql as 'select ($1).degrees';
create cast (own.celsius as numeric) with function own.degrees(own.celsius) as implicit;
create table own.weather (t own.celsius check (t::numeric > -274));
insert into own.weather values (row(1)), (row(2));
create view own.warm as select * from own.weather where t::numeric > 1;
-- Nothing needs this one, which is left out.
create type own.mood as enum ('sad', 'glad');
create cast (varchar as own.mood) with inout as implicit;
