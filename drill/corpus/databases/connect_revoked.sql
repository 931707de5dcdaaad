-- expect: named: privileges of the database itself
create table kept as select 1 as n;
revoke all on database :"DBNAME" from public;
