-- expect: equal
-- beside others
create type mood as enum ('sad', 'glad');
create domain positive as int check (value > 0);
create domain small as positive check (value < 9);
create type pair as (a int, b text);
create table typed (
  a mood, b small, c pair, d int[], e jsonb, f json, g xml, h inet, i int4range, j tsvector,
  k bit(4), l money, m uuid, n point, o interval, p numeric, q char(10), r "char", s pair[]);
insert into typed values (
  'glad', 1, (1, 'x'), '{1,null,3}', '{"a": 1}', '{"b":  2}', null, '10.0.0.1', '[1,5)', 'a b',
  b'1010', 12.5, gen_random_uuid(), '(1,2)', '1 day 2 hours', 'NaN', 'x', 'z', '{"(1,y)"}');
