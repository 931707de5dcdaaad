-- expect: named: sequences
\set name :DBNAME
\connect postgres
drop database :"name";
create database :"name" owner app_user template template0 encoding 'EUC_JP' locale 'C';
\connect :"name"
set client_encoding = 'UTF8';
create table "価格" ("名前" text primary key);
insert into "価格" values ('東京');
create sequence "番号";
