-- expect: named: objects in PostgreSQL's own schemas
-- Where PostgreSQL has its own ones, a dump holds neither these nor what was changed.
create text search configuration pg_catalog.own (copy = pg_catalog.simple);
create text search dictionary brands (template = pg_catalog.simple, accept = false);
alter text search configuration pg_catalog.english
  alter mapping for asciiword with brands, english_stem;
create collation pg_catalog.folded (provider = builtin, locale = 'C');
create table page (body text, words tsvector);
insert into page select body, to_tsvector('english', body)
from (values ('Summer'), ('the hotels of Ann')) as each (body);
