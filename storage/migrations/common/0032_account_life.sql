-- The life of a patient's account: the last sign-in, the newest warning, and the closing. Without a row nothing has happened yet.
create table account_life (
  patient int primary key references patient,
  signed_in_at timestamptz,
  warned_for date,
  warned_at timestamptz,
  closed_at timestamptz,
  check ((warned_for is null) = (warned_at is null))
);
insert into account_life (patient, signed_in_at) select patient, max(begun_at) from patient_session group by patient;

-- What was done with an account and by whom: the worker may not write to the audit log, and what it does must be seen all the same.
create table account_move (
  id bigint generated always as identity primary key,
  patient int not null references patient,
  at timestamptz not null,
  kind text not null check (kind in ('warn', 'close', 'reopen')),
  by text not null,
  -- 'inactive' or what a person wrote; of a warning the way that it took, '' for none
  why text not null default '' check (length(why) <= 500)
);
create index account_move_patient on account_move (patient);

-- Statistics. The label of a row is an HMAC of its month with the patient's key of statistics: with the key it is a
-- pseudonym, and once the key is destroyed nobody's. Unit and minutes are sealed with the wrapping key.
create table identity.statistic_key (
  patient int primary key references patient,
  wrapped bytea not null,
  key_id text not null
);
create table statistic_row (
  month date not null check (extract(day from month) = 1),
  label bytea not null check (octet_length(label) = 32),
  sealed bytea not null,
  primary key (month, label)
);
-- A month is collected once: a number that changed later would show who came and who left.
create table statistic_month (
  month date primary key check (extract(day from month) = 1),
  collected_at timestamptz not null
);

-- Cases of support, removed six months after they arrived.
create table support_case (
  id bigint generated always as identity primary key,
  patient int not null references patient,
  about text not null check (length(about) between 1 and 500),
  arrived_at timestamptz not null,
  opened_by text not null,
  closed_at timestamptz,
  answer text not null default '' check (length(answer) <= 500)
);
create index support_case_patient on support_case (patient);
create index support_case_arrived on support_case (arrived_at);
-- Because of an open case somebody of the support staff may see the patient's data in [from_at, until_at).
create table support_access (
  id bigint generated always as identity primary key,
  case_id bigint not null references support_case,
  patient int not null references patient,
  staff text not null check (length(staff) between 1 and 200),
  reason text not null check (length(reason) between 1 and 500),
  given_by text not null,
  from_at timestamptz not null,
  until_at timestamptz not null check (until_at >= from_at)
);
create index support_access_patient on support_access (patient);
create index support_access_staff on support_access (staff, until_at);
