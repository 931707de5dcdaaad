-- expect: equal
select format('create table t%s as select %s as n', n, n) from generate_series(1, 150) n \gexec
