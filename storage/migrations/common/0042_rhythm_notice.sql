-- A vendor's own notice about the rhythm of a heart: 1 at its beginning. What it says is the vendor's, and no rhythm is
-- read here.
insert into metric (id, name, unit) values (32, 'rhythm_notice', '1');
