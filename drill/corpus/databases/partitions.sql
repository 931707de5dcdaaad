-- expect: equal
-- beside others
create table event (at date, what text) partition by range (at);
create table event_2025 partition of event for values from ('2025-01-01') to ('2026-01-01')
  partition by list (what);
create table event_2025_rest partition of event_2025 default;
create table event_rest partition of event default;
insert into event select date '2024-12-01' + n, n from generate_series(1, 400) n;
-- An enum's hash is that of its label's oid, which a restored dump gives anew: the same row may lie
-- in another partition there.
create type mood as enum ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
create table felt (m mood, n int) partition by hash (m);
create table felt_0 partition of felt for values with (modulus 4, remainder 0);
create table felt_1 partition of felt for values with (modulus 4, remainder 1);
create table felt_2 partition of felt for values with (modulus 4, remainder 2);
create table felt_3 partition of felt for values with (modulus 4, remainder 3)
  partition by list (n);
create table felt_3_rest partition of felt_3 default;
insert into felt select m, n
  from unnest(enum_range(null::mood)) m, generate_series(1, 20) n;
