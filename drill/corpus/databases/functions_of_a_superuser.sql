-- expect: equal
create function absolute(int) returns int immutable strict language internal as 'int4abs';
create function quiet(int) returns bool immutable leakproof language sql return true;
create function logged() returns int set log_min_duration_statement = 0
  language sql as 'select 1';
create aggregate collect(anynonarray) (
  sfunc = array_agg_transfn, stype = internal, finalfunc = array_agg_finalfn, finalfunc_extra);
create table kept as select n from generate_series(1, 20) n;
create view barrier with (security_barrier) as select * from kept where quiet(n);
create index on kept (absolute(n));
-- No table of contents says that it needs these; it is restored, and fails where it is called.
create function calls() returns int language plpgsql as 'begin return absolute(-1); end';
