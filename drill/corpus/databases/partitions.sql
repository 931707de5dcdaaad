-- expect: equal
create table event (at date, what text) partition by range (at);
create table event_2025 partition of event for values from ('2025-01-01') to ('2026-01-01')
  partition by list (what);
create table event_2025_rest partition of event_2025 default;
create table event_rest partition of event default;
insert into event select date '2024-12-01' + n, n from generate_series(1, 400) n;
