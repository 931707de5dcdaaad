-- expect: named: versions of extensions
create extension citext version '1.6';
create table person (name citext primary key);
insert into person values ('Anna'), ('bo');
