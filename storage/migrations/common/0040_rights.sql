-- A care unit draws samples of the accesses to its own patients' data. One without a unit was drawn on the server, over
-- all of them, and no unit sees it.
alter table audit_sample add column care_unit int references care_unit;

-- The state that an alert had when it was retracted: it comes back in it when its evidence counts again. Judging reads no
-- moves, however many there are, so it stands here.
alter table alert add column retracted_from text check ((state = 'retracted') or retracted_from is null);
update alert a set retracted_from = m.from_state from (
  select distinct on (alert) alert, from_state from alert_move where kind = 'retract' order by alert, id desc) m
where m.alert = a.id and a.state = 'retracted';
