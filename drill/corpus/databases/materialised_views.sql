-- expect: named: materialised views
create table kept as select generate_series(1, 20) as n;
create materialized view total as select count(*), max(n) from kept;
create materialized view unfilled as select * from kept with no data;
