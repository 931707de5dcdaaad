-- expect: equal
-- beside others
create table past (a int, gone int, b text);
insert into past select n, n, n from generate_series(1, 30) n;
alter table past drop gone;
alter table past add c int default 7;
