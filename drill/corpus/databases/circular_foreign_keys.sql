-- expect: equal
create table company (id int primary key, head int not null);
create table person (id int primary key, company int not null references company);
alter table company add foreign key (head) references person deferrable initially deferred;

begin;
insert into company select n, n from generate_series(1, 30) n;
insert into person select n, n from generate_series(1, 30) n;
commit;
