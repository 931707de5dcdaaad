-- expect: named: settings by ALTER DATABASE and ALTER ROLE
create table kept as select generate_series(1, 2000) as n;
alter database :"DBNAME" set statement_timeout = '1ms';
alter database :"DBNAME" set lock_timeout = '1ms';
alter database :"DBNAME" set transaction_timeout = '1ms';
alter database :"DBNAME" set idle_in_transaction_session_timeout = '1ms';
