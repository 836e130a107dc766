-- When an alert lost a finding, or a grave form of it, and the gravest tier that it has had in the alert. If it counts
-- again, when it is too old to be looked for, the past is judged as of then.
alter table alert_finding add column dropped_at timestamptz;
alter table alert_finding add column had_tier text;
