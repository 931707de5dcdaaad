-- expect: named: generated columns
-- expect: named: materialised views
create function runs(n int) returns int immutable language plpgsql as $$ begin
  if (select rolsuper from pg_roles where rolname = current_user)
    and current_database() like '%\_back' then raise 'as a superuser'; end if;
  return n;
end $$;
alter function runs owner to app_user;

set role app_user;
create domain ran as int check (public.runs(value) > 0);
create table loaded (a int check (public.runs(a) > 0), b ran,
  c int generated always as (public.runs(a)) stored);
insert into loaded values (1, 2), (3, 4);
create index on loaded (public.runs(a));

reset role;
create table of_a_superuser (a int check (public.runs(a) > 0));
insert into of_a_superuser values (1);
create index on of_a_superuser (public.runs(a));
create materialized view refreshed as select public.runs(a) from of_a_superuser;
