-- A care unit draws samples of the accesses to its own patients' data. One without a unit was drawn on the server, over
-- all of them, and no unit sees it.
alter table audit_sample add column care_unit int references care_unit;
