-- expect: named: generated columns
create table priced (net numeric, gross numeric generated always as (net * 1.2) stored);
insert into priced (net) select n from generate_series(1, 30) n;

create table broken (a int, b int generated always as (a / 0) virtual);
insert into broken (a) values (1), (2);
