-- expect: named: settings by ALTER DATABASE and ALTER ROLE
create table kept as select generate_series(1, 20) as n;
alter database :"DBNAME" set default_transaction_read_only = on;
