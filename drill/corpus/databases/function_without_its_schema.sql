-- expect: named: the dump cannot be restored: function is_ok(integer) does not exist
create function is_ok(n int) returns bool immutable language sql return n > 0;
create function wrapper(n int) returns bool immutable language plpgsql
  as $$ begin return is_ok(n); end $$;
create table checked (n int check (wrapper(n)));
insert into checked values (1);
