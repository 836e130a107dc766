-- A small kept body lies in its own row, packed and sealed: durable with the transaction, erased with the row.
alter table body alter column address drop not null;
alter table body add column sealed bytea;
alter table body alter column sealed set storage external; -- what is sealed does not compress
alter table body add constraint body_lies_once check ((address is null) <> (sealed is null));
