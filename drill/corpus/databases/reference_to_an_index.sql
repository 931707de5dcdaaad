-- expect: named: the dump cannot be restored: relation "public.kept_pkey" does not exist
create table kept (n int primary key);
create table described (what regclass);
insert into described values ('kept'), ('kept_pkey');
