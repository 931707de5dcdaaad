-- expect: named: the dump cannot be restored: function rate() does not exist
create function rate() returns int immutable language sql return 2;
create function times(net int) returns int immutable language plpgsql
  as $$ begin return net * rate(); end $$;
create table priced (net int, gross int generated always as (times(net)) stored);
insert into priced values (1), (2);
