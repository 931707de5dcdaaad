-- expect: equal
-- beside others
create table price (amount numeric);
insert into price values (-1), (1);
alter table price add constraint positive check (amount > 0) not valid;
