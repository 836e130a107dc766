-- What a vendor holds ready and what it tells about an account. Nothing fetches yet.

-- One row for each thing, however often it is announced. `request` is the path and the query of the
-- address, sealed with the patient's data key, because some vendors put a credential into them. As
-- long as nobody is linked to the account, `patient` is null, a key of its own seals the request
-- (`wrapped`), and the row is gone after a day.
create table vendor_fetch (
  connector text not null,
  account text not null,
  resource text not null,
  key text not null,
  patient int references patient,
  format text not null,
  request bytea not null,
  wrapped bytea,
  state text not null default 'waiting'
    check (state in ('waiting', 'running', 'failing', 'done', 'given_up')),
  noticed_at timestamptz not null,
  not_before timestamptz not null,
  primary key (connector, account, resource, key),
  constraint vendor_fetch_opens check (patient is not null or wrapped is not null)
);
create index vendor_fetch_patient on vendor_fetch (patient) where patient is not null;
create index vendor_fetch_unlinked on vendor_fetch (noticed_at) where patient is null;

-- A vendor's notices about linked accounts: the patient withdrew there, or changed what may be read.
create table vendor_notice (
  connector text not null,
  account text not null,
  kind text not null,
  received_at timestamptz not null,
  patient int not null references patient,
  scopes jsonb not null,
  primary key (connector, account, kind, received_at)
);
create index vendor_notice_patient on vendor_notice (patient);
