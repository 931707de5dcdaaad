-- expect: equal
-- Only a superuser makes an operator with an extension's estimator; anybody did until 2026.
create extension ltree;
create operator @@> (leftarg = ltree, rightarg = ltree, function = ltree_isparent,
  restrict = ltreeparentsel);
create table place (path ltree primary key);
insert into place values ('a'), ('a.b'), ('a.b.c');
create view below as select * from place where 'a' @@> path;
