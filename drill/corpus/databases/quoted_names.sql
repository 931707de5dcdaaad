-- expect: equal
create schema "Odd "" schema";
create table "Odd "" schema"."a.b'c" ("x:y" int, "\z" text, "new
line" text);
insert into "Odd "" schema"."a.b'c" values (1, 'a', 'b');

create table "größe" ("名前" text);
insert into "größe" values ('10 €'), ('🐘');
