-- expect: named: not judged: every other table and B-tree; the check itself failed at: public.by_cost
create table job (cost int);
insert into job values (1), (2);
create function weighed(cost int) returns int immutable language plpgsql as $$
begin
  if current_setting('transaction_read_only') = 'on' then raise 'not while looking'; end if;
  return cost;
end $$;
create index by_cost on job (weighed(cost));
