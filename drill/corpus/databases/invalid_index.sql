-- expect: named: invalid indexes
-- beside others
create table kept as select n % 5 as n from generate_series(1, 50) n;
create index halfway on kept (n);
update pg_index set indisvalid = false where indexrelid = 'halfway'::regclass;
