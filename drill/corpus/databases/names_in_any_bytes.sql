-- expect: named: sequences
-- SQL_ASCII takes what an application in LATIN1 and one in UTF-8 wrote, side by side.
\set name :DBNAME
\connect postgres
drop database :"name";
create database :"name" owner app_user template template0 encoding 'SQL_ASCII' locale 'C';
\connect :"name"
select format('do $f$ begin execute convert_from(%L, ''SQL_ASCII''); end $f$', sql::bytea)
from (values (1, 'create table "gr\366\337e" ("n\344h" text)'),
  (2, 'insert into "gr\366\337e" values (''\374'')'),
  (3, 'create sequence "z\344hler"')) as each (place, sql) order by place \gexec
create table "größe" (n int);
insert into "größe" values (1);
