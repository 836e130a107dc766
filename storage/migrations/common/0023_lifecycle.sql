-- The life of an alert: who took it, since when nobody has acknowledged it, up to when it is snoozed at each tier, and
-- who has to act after each move.
alter table alert
  add column assignee text not null default '',
  add column unseen_since timestamptz,
  add column escalations int not null default 0,
  add column mutes jsonb not null default '{}',
  add column is_demoted boolean not null default false,
  add column useful boolean,
  add column last_move bigint not null default 0;
create index alert_raised on alert (raised_at);

-- Rows are only added. `responsible` is empty where everybody of the care unit has to act.
alter table alert_move
  add column kind text not null default '',
  add column tier text not null default '',
  add column responsible text[] not null default '{}';
create index alert_move_alert on alert_move (alert, id);

-- What a clinician wrote about an alert. Rows are only added.
create table alert_note (
  id bigint generated always as identity primary key,
  alert uuid not null references alert,
  at timestamptz not null,
  author text not null,
  text text not null check (length(text) between 1 and 4000),
  is_shared boolean not null
);
create index alert_note_alert on alert_note (alert, id);

-- Working hours, line and on-call of a care unit. The last row of a unit counts; the others show who changed it, and when.
create table unit_duty (
  id bigint generated always as identity primary key,
  care_unit int not null references care_unit,
  hours jsonb not null,
  line text[] not null,
  on_call text not null,
  recorded_at timestamptz not null,
  recorded_by text not null
);
create index unit_duty_unit on unit_duty (care_unit, id);

-- When a clinician is away, and who covers.
create table absence (
  id bigint generated always as identity primary key,
  care_unit int not null references care_unit,
  subject text not null,
  from_at timestamptz not null,
  until_at timestamptz not null check (until_at > from_at),
  cover text not null check (cover <> subject),
  recorded_at timestamptz not null,
  recorded_by text not null,
  ended_at timestamptz
);
create index absence_unit on absence (care_unit, until_at) where ended_at is null;

-- For operations: a rule raised more than its share of a clinician's budget in a working day. Without a patient.
create table budget_notice (
  care_unit int not null references care_unit,
  clinician text not null,
  rule text not null,
  day_from timestamptz not null,
  at timestamptz not null,
  primary key (care_unit, clinician, rule, day_from)
);
