-- expect: equal
-- beside others
create table account (whole_row int, pgtwin_row int, "table" text);
insert into account select n, n * 2, n from generate_series(1, 50) n;
