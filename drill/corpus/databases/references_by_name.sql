-- expect: equal
create schema odd;
create table odd."Kept" (n int);
create function odd.made(int) returns int language sql return $1;
create table named (a regclass, b regprocedure, c regtype, d regrole, e regnamespace, f regcollation,
  g aclitem, h xid8, i pg_lsn, j pg_snapshot, k regdictionary, l name, m bpchar, n oid);
insert into named values ('odd."Kept"', 'odd.made(int)', 'odd."Kept"', 'app_user', 'odd', '"C"',
  'app_user=r*/postgres', '5', '0/1', '10:20:10,14', 'simple', 'odd', 'x  ', 'odd."Kept"'::regclass);
insert into named (a) values (4294967295);
