-- expect: named: subscriptions
create table kept as select 1 as n;
create publication changes for table kept;
create subscription orders connection 'host=nowhere' publication p with (connect = false);
