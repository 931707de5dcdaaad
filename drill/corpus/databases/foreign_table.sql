-- expect: named: foreign tables
-- expect: named: options of user mappings
-- expect: named: rows of foreign tables
-- beside others
create foreign data wrapper nowhere;
create server far foreign data wrapper nowhere;
create user mapping for app_user server far options (secret 'word');
create foreign table remote (n int) server far;
create table kept as select 1 as n;
