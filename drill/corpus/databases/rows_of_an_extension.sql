-- expect: named: relations of extensions
-- What pg_extension_config_dump() does: a dump holds rows of a table that only the extension makes.
create extension citext;
create table known (name text, own bool);
insert into known values ('a', false), ('b', true);
alter extension citext add table known;
update pg_extension set extconfig = array['known'::regclass::oid], extcondition = array['where own']
where extname = 'citext';
create table kept as select 1 as n;
