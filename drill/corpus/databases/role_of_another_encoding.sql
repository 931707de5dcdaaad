-- expect: equal
-- A role belongs to the whole server, and its name is in the encoding of where it was made.
\set name :DBNAME
\connect postgres
drop database :"name";
create database :"name" owner app_user template template0 encoding 'SQL_ASCII' locale 'C';
\connect :"name"
do $$ begin execute convert_from('create role "r\364le"', 'SQL_ASCII'); end $$;
\connect postgres
drop database :"name";
create database :"name" owner app_user;
\connect :"name"
create table kept as select 1 as n;
