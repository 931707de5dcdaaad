-- expect: equal
\set name :DBNAME
\connect postgres
drop database :"name";
create database :"name" owner app_user template template0 encoding 'LATIN1' locale 'C';
\connect :"name"
set client_encoding = 'UTF8';
create table price (amount text primary key);
insert into price values ('10 £'), ('Zoë');
