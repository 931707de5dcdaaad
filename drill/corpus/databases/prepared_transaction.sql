-- expect: named: prepared transactions
create table kept as select 1 as n;
create table promised (n int);
begin;
insert into promised values (1);
prepare transaction 'promise';
