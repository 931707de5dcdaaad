-- expect: equal
create schema odd;
create collation odd.folded (provider = builtin, locale = 'PG_UNICODE_FAST');
create table person (name text collate odd.folded primary key);
insert into person values ('Zoë'), ('anna'), ('Straße');
create unique index on person (upper(name));
