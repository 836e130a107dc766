-- What is set of the rules. Rows are only added: the last one of a unit, patient, rule and name holds, and the others
-- show who changed it, when and why. Without a patient it is a default of the care unit.
create table rule_setting (
  id bigint generated always as identity primary key,
  care_unit int not null references care_unit,
  patient int references patient,
  rule text not null,
  name text not null,
  value double precision,
  word text not null default '',
  set_at timestamptz not null,
  set_by text not null,
  why text not null check (length(why) between 1 and 500)
);
create index rule_setting_unit on rule_setting (care_unit, id);
create index rule_setting_patient on rule_setting (patient, id) where patient is not null;

-- Times in which a patient's data is not used: a restriction, or an objection that nobody has weighed yet.
create table restriction (
  id bigint generated always as identity primary key,
  patient int not null references patient,
  kind text not null check (kind in ('restriction', 'objection')),
  from_at timestamptz not null,
  until_at timestamptz check (until_at > from_at),
  set_by text not null,
  why text not null check (length(why) between 1 and 500)
);
create index restriction_patient on restriction (patient, id);

-- Findings that raised no alert, with the reason: a pause, the first days, a restriction, an outage, or a rule in shadow.
create table held_finding (
  patient int not null references patient,
  rule text not null,
  key text not null,
  rule_version int not null,
  why text not null,
  tier text not null,
  at timestamptz not null,
  held_at timestamptz not null,
  sentence text not null,
  evidence jsonb not null,
  primary key (patient, rule, key)
);
create index held_finding_at on held_finding (held_at);

-- For operations: many patients of one vendor without data at once. Without a patient.
create table vendor_outage (
  vendor text not null,
  from_at timestamptz not null,
  seen_at timestamptz not null,
  silent int not null,
  patients int not null,
  primary key (vendor, from_at)
);
