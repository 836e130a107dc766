-- What a vendor holds ready and what it tells about an account, and what fetching it needs.

-- One row for each thing, however often it is announced. `request` is the path and the query of the
-- address, sealed with the patient's data key, because some vendors put a credential into them. As
-- long as nobody is linked to the account, `patient` is null, a key of its own seals the request
-- (`wrapped`), and the row is gone after a day. `lease` names the attempt that a running row belongs
-- to. Nothing is asked for before `not_before`, which a failed attempt moves on.
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
  reason text not null default '',
  attempts int not null default 0,
  noticed_at timestamptz not null,
  not_before timestamptz not null,
  changed_at timestamptz not null,
  lease uuid,
  -- of the time before the account was linked: asked for after all that is new
  is_past boolean not null default false,
  primary key (connector, account, resource, key),
  constraint vendor_fetch_opens check (patient is not null or wrapped is not null),
  constraint vendor_fetch_leased check ((state = 'running') = (lease is not null))
);
create index vendor_fetch_patient on vendor_fetch (patient) where patient is not null;
create index vendor_fetch_unlinked on vendor_fetch (noticed_at) where patient is null;
create index vendor_fetch_due on vendor_fetch (connector, account, is_past, not_before)
  where state in ('waiting', 'running', 'failing') and patient is not null;
create index vendor_fetch_ended on vendor_fetch (changed_at) where state in ('done', 'given_up');

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

-- An account that we may ask for data. `tokens` is sealed with the patient's data key. One attempt at
-- a time holds the account (`lease`), until it lets go or `leased_until` is past.
create table vendor_connection (
  connector text not null,
  account text not null,
  patient int not null references patient,
  state text not null check (state in ('connected', 'needs_reconnecting')),
  tokens bytea not null,
  expires_at timestamptz,
  connected_at timestamptz not null,
  changed_at timestamptz not null,
  lease uuid,
  leased_until timestamptz,
  -- what an account needs besides fetches: registered at the vendor, and when to look again
  is_registered boolean not null default false,
  tend_at timestamptz not null default '-infinity',
  primary key (connector, account),
  constraint vendor_connection_leased check ((lease is null) = (leased_until is null))
);
create index vendor_connection_patient on vendor_connection (patient);

-- Our application at a vendor: closed while the vendor asks us to wait, its subscriptions
-- looked at last at `subscribed_at`. Its requests are counted in
-- slots of time, so that all fetchers together keep to its budget.
create table vendor_application (
  connector text primary key,
  closed_until timestamptz,
  subscribed_at timestamptz
);
create table vendor_request (
  connector text not null references vendor_application,
  slot timestamptz not null,
  requests int not null check (requests > 0),
  primary key (connector, slot)
);

-- A link with which a patient connects a vendor's account, once. Only the SHA-256 of the link is here, as hex.
-- `agreed_at` is when the patient agreed, to which version of the text and in which language. While
-- the patient is at the vendor's page, `state` and `browser` are the SHA-256 of what must come back.
create table vendor_invitation (
  link text primary key check (length(link) = 64),
  patient int not null references patient,
  connector text not null,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  agreed_at timestamptz,
  text_version text not null default '',
  language text not null default '',
  state text unique,
  browser text,
  used_at timestamptz,
  constraint vendor_invitation_away check ((state is null) = (browser is null))
);
create index vendor_invitation_patient on vendor_invitation (patient, connector);

-- An account that we may not ask any more, and whose vendor is to hear so. `tokens` are those that it
-- had, for this alone: they are destroyed once the vendor answered, or after a week.
create table vendor_withdrawal (
  connector text not null,
  account text not null,
  patient int not null references patient,
  tokens bytea,
  state text not null default 'waiting' check (state in ('waiting', 'done', 'given_up')),
  reason text not null default '',
  attempts int not null default 0,
  withdrawn_at timestamptz not null,
  not_before timestamptz not null,
  primary key (connector, account),
  constraint vendor_withdrawal_sealed check ((state = 'waiting') = (tokens is not null))
);
create index vendor_withdrawal_patient on vendor_withdrawal (patient);
create index vendor_withdrawal_due on vendor_withdrawal (not_before) where state = 'waiting';
