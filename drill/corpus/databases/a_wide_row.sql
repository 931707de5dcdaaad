-- expect: equal
-- beside others
create table wide (note text, raw bytea);
insert into wide values (repeat('x', 8 * 1024 * 1024), decode(repeat('ab', 4 * 1024 * 1024), 'hex'));

create table long (packed text, plain text);
alter table long alter plain set storage external;
insert into long
select string_agg(md5(n::text), ''), string_agg(n::text, '') from generate_series(1, 3000) n;
