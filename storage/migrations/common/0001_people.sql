-- People: who is followed, by whom, on what grounds. Identity lies apart from every series, sealed with the
-- patient's own data key; destroying that key erases it in backups too.
create schema identity;

create table care_unit (
  id int generated always as identity primary key,
  name text not null unique
);

create table clinician (
  id int generated always as identity primary key,
  subject text not null unique,
  name text not null,
  email text not null,
  care_unit int not null references care_unit
);

create table patient (
  id int generated always as identity primary key,
  pseudonym text not null unique check (length(pseudonym) between 1 and 64),
  zone text not null,
  care_unit int not null references care_unit,
  clinician int references clinician,
  created_at timestamptz not null
);

create table identity.data_key (
  patient int primary key references patient,
  wrapped bytea not null
);

create table identity.person (
  patient int primary key references patient,
  sealed bytea not null
);

-- An account of a vendor belongs to one patient at a time.
create table account (
  vendor text not null,
  account text not null check (length(account) <= 512),
  patient int not null references patient,
  linked_at timestamptz not null,
  unlinked_at timestamptz,
  primary key (vendor, account, linked_at)
);
create unique index account_linked on account (vendor, account) where unlinked_at is null;

-- Consent has effective times: what a source says is stored when it was received in [given_at, withdrawn_at).
create table consent (
  patient int not null references patient,
  vendor text not null,
  kind text not null default 'source_fetch' check (kind in ('source_fetch', 'contact_channel')),
  given_at timestamptz not null,
  withdrawn_at timestamptz check (withdrawn_at >= given_at),
  recorded_at timestamptz not null,
  -- the version of the text that the patient agreed to, empty where a clinician recorded the consent
  text_version text not null default '',
  primary key (patient, vendor, kind, given_at)
);

-- How many bodies of a patient were dropped because no consent covered them, and when they came. Nothing else of them is
-- kept.
create table unconsented (
  patient int not null references patient,
  connector text not null,
  bodies bigint not null check (bodies > 0),
  first_at timestamptz not null,
  last_at timestamptz not null check (last_at >= first_at),
  primary key (patient, connector)
);

-- What heart-rate zones rest on (HeartProfile as JSON), valid from a local date until the next row.
create table heart_profile (
  patient int not null references patient,
  valid_from date not null,
  profile jsonb not null,
  recorded_at timestamptz not null,
  primary key (patient, valid_from)
);

-- Every version of a prescription is kept (Prescription as JSON beside the columns that are asked for).
create table prescription (
  patient int not null references patient,
  prescription text not null,
  version int not null,
  valid_from date not null,
  valid_to date not null,
  body jsonb not null,
  recorded_at timestamptz not null,
  primary key (patient, prescription, version)
);
