-- expect: equal
create table trap (id int);
insert into trap values (1);
create function spring(trap) returns text language plpgsql as $$ begin raise 'sprung'; end $$;
create cast (trap as text) with function spring(trap);
