-- expect: equal
-- beside others
create table edge (a float8, b numeric, c date, d timestamptz, e bytea);
insert into edge values
  ('-0', 'Infinity', 'infinity', '-infinity', ''),
  ('NaN', -1e100, '4713-01-01 BC', '0001-01-01 00:00:00.000001+00', decode('00', 'hex'));
