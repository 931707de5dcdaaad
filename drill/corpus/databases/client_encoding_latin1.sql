-- expect: named: settings by ALTER DATABASE and ALTER ROLE
create table price (amount text);
insert into price values ('10 €');
alter database :"DBNAME" set client_encoding = 'LATIN1';
alter database :"DBNAME" set datestyle = 'German';
alter database :"DBNAME" set extra_float_digits = -5;
