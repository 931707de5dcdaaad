-- expect: equal
create table parent (id int);
create table child (extra text) inherits (parent);
insert into parent values (1);
insert into child values (2, 'x');
