-- expect: equal
-- beside others
create table tenant (id int, who text);
insert into tenant select n, 'w' || n % 3 from generate_series(1, 99) n;
alter table tenant owner to app_user;
alter table tenant enable row level security, force row level security;
create policy own on tenant using (who = current_user);
