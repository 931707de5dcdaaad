-- expect: equal
-- beside others
create schema "Odd "" schema";
create table "Odd "" schema"."a.b'c" ("x:y" int, "\z" text, "new
line" text);
insert into "Odd "" schema"."a.b'c" values (1, 'a', 'b');

create table "größe" ("名前" text);
insert into "größe" values ('10 €'), ('🐘');

do $$ begin
  execute format('create table %I (%I text)', e'line\u2028 par\u2029', e'next\u0085 unit\x1f');
  execute format('insert into %I values (%L)', e'line\u2028 par\u2029', e'\u2028\u2029\u0085');
end $$;
