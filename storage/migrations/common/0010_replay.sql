-- Which version of its parser the facts of a kept body come from. Facts of an older reading that are still on their
-- way are not stored any more; `kadens replay` raises it in the transaction that puts the new reading in place.
alter table body add column parser int not null default 1;
