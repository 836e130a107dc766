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
