-- What patients ask for about their rights. A row goes only with the patient: the receipt of the erasure is the answer then.
create table rights_request (
  id bigint generated always as identity primary key,
  patient int not null references patient,
  kind text not null check (kind in ('access', 'portability', 'rectification', 'restriction', 'objection', 'erasure', 'closing')),
  received_at timestamptz not null,
  identified text not null check (length(identified) <= 200),
  due date not null,
  state text not null default 'received' check (state in ('received', 'taken', 'answered', 'refused')),
  handled_by text not null default '',
  answer text not null default '' check (length(answer) <= 2000),
  closed_at timestamptz,
  check ((closed_at is not null) = (state in ('answered', 'refused'))),
  check (state <> 'answered' or identified <> '')
);
create index rights_request_patient on rights_request (patient);
create index rights_request_open on rights_request (due) where closed_at is null;
-- The same right asked for twice at once is one request.
create unique index rights_request_once on rights_request (patient, kind) where closed_at is null;

-- What stays of a patient's prescriptions after an erasure, for ten years: a class of its own. It names the receipt and nobody.
create table journal_extract (
  erasure bigint not null,
  number int not null,
  care_unit text not null,
  prescriber text not null,
  recorded_at timestamptz not null,
  valid_from date not null,
  valid_to date not null,
  versions int not null,
  weeks_followed int not null,
  sessions_per_week numeric not null,
  kept_until date not null,
  primary key (erasure, number)
);
