-- Which format a kept body has, and which version of that format's reader its facts come from. Facts of an older reading that are still on their
-- way are not stored any more; `kadens replay` raises it in the transaction that puts the new reading in place.
alter table body add column format text not null;
alter table body add column parser int not null default 1;
