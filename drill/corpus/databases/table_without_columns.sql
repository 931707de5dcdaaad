-- expect: equal
-- beside others
create table nothing ();
insert into nothing default values;
insert into nothing default values;
