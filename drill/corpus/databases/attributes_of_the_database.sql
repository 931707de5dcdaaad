-- expect: named: attributes of the database itself
-- expect: named: security labels of the database itself
create table kept as select 1 as n;
alter database :"DBNAME" connection limit 20;
alter database :"DBNAME" is_template true;
insert into pg_shseclabel
select oid, 'pg_database'::regclass, 'guard', 'secret' from pg_database
where datname = current_database();
