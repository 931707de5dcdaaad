-- expect: named: unlogged tables
-- beside others
create unlogged table cache as select generate_series(1, 20) as n;
create table kept as select 1 as n;
