-- expect: named: materialised views
-- beside others
create table kept as select generate_series(1, 20) as n;
create materialized view total as select count(*), max(n) from kept;
create materialized view unfilled as select * from kept with no data;
-- A function that has changed since it was computed for the view, and fails now.
create function dear(n bigint) returns bigint language plpgsql as 'begin return n; end';
create materialized view cost as select dear(count(*)) from kept;
create or replace function dear(n bigint) returns bigint language plpgsql
  as $$ begin raise 'not while looking'; end $$;
