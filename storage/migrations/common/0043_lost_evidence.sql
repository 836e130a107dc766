-- When an alert lost a finding. If it counts again, when it is too old to be looked for, the past is judged as of then.
alter table alert_finding add column dropped_at timestamptz;
