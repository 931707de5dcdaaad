-- expect: named: the dump cannot be restored: rows depend on what only a superuser may make
create function whole(int, bigint) returns bigint immutable language sql return $1;
create operator class own_hash for type int using hash as
  operator 1 =, function 2 whole(int, bigint);
create table part (n int) partition by hash (n own_hash);
create table part_0 partition of part for values with (modulus 2, remainder 0);
create table part_1 partition of part for values with (modulus 2, remainder 1);
insert into part select generate_series(1, 50);
