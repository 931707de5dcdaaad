-- expect: equal
-- beside others
select lo_from_bytea(4711, decode(repeat('00ff', 3000), 'hex'));
select lo_from_bytea(4712, '');
grant select on large object 4711, 4712 to dump_user;
create table picture (content oid);
insert into picture values (4711), (4712);
