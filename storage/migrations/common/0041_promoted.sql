-- When the budget of a later working day promoted an alert that had been left to the digest: it counts against that day
-- as a new one. Judging reads no moves, however many there are, so it stands here.
alter table alert add column promoted_at timestamptz;
create index alert_promoted on alert (promoted_at) where promoted_at is not null;
-- Of before this column no alert was promoted. The patients whose alerts wait are judged once, to be tried as from now on.
insert into due (patient, at, why)
  select distinct patient, now(), 'budget' from alert where state = 'open' and is_demoted
  on conflict (patient) do update set at = excluded.at, why = excluded.why where excluded.at < due.at;
