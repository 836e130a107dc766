-- Alerts: at most one live alert a patient and rule family; evidence is frozen when it is added.
create table alert (
  id uuid primary key,
  patient int not null references patient,
  family text not null,
  rule text not null,
  rule_version int not null,
  tier text not null check (tier in ('A', 'B', 'C')),
  state text not null
    check (state in ('open', 'acknowledged', 'in_progress', 'snoozed', 'resolved', 'retracted', 'expired')),
  raised_at timestamptz not null,
  changed_at timestamptz not null,
  snoozed_until timestamptz,
  sentence text not null,
  resolution text not null default ''
);
create unique index alert_live on alert (patient, family)
  where state in ('open', 'acknowledged', 'in_progress', 'snoozed');
create index alert_patient on alert (patient, raised_at);

create table alert_finding (
  alert uuid not null references alert,
  key text not null,
  rule text not null,
  rule_version int not null,
  tier text not null,
  at timestamptz not null,
  session text,
  evidence jsonb not null,
  current boolean not null,
  added_at timestamptz not null,
  from_at timestamptz not null,
  fresh_until timestamptz not null,
  sentence text not null,
  primary key (alert, rule, key)
);

create table alert_move (
  id bigint generated always as identity primary key,
  alert uuid not null references alert,
  at timestamptz not null,
  actor text not null,
  from_state text,
  to_state text not null,
  reason text not null
);

-- Patients that a judge must look at, at the latest at this time.
create table due (
  patient int primary key references patient,
  at timestamptz not null,
  why text not null
);
create index due_at on due (at);

-- What must leave this system, written in the transaction that decided it. Messages about one
-- patient go to a recipient in the order of their ids. `tried_at` is the first attempt; a dead
-- message waits for a person.
create table outbox (
  id bigint generated always as identity primary key,
  channel text not null,
  key text not null,
  recipient text not null,
  patient int references patient,
  body jsonb not null,
  created_at timestamptz not null,
  not_before timestamptz not null,
  tried_at timestamptz,
  sent_at timestamptz,
  dead_at timestamptz,
  attempts int not null default 0,
  error text not null default '',
  unique (channel, key)
);
create index outbox_unsent on outbox (channel, not_before)
  where sent_at is null and dead_at is null;
create index outbox_order on outbox (channel, recipient, patient, id)
  where sent_at is null and dead_at is null;
create index outbox_patient on outbox (patient);

-- Append-only: who did what to whose data, when.
create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  role text not null,
  care_unit int references care_unit,
  action text not null,
  patient int references patient,
  object text not null default '',
  detail jsonb not null default '{}'
);
create index audit_patient on audit (patient, at);
create function audit_is_append_only() returns trigger language plpgsql as
$$ begin raise exception 'audit rows are append-only'; end $$;
create trigger audit_append_only before update or delete on audit
  for each row execute function audit_is_append_only();
