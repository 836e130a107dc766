-- Link tokens have a row each, so that one can be revoked; keys have ids, so that they can be rotated.
-- A token itself is nowhere: `digest` is a hash of its MAC, which leads neither to the token nor to the patient.
create table link_token (
  patient int not null references patient,
  issue int not null check (issue > 0),
  digest bytea not null unique check (octet_length(digest) = 32),
  key_id text not null,
  issued_by text not null,
  purpose text not null default 'link',
  issued_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > issued_at),
  revoked_at timestamptz,
  primary key (patient, issue)
);

-- What the doors must refuse, until it would have expired. It names no patient and outlives the erased.
-- `published_at` is null until the log has it.
create table link_revoked (
  digest bytea primary key check (octet_length(digest) = 32),
  revoked_at timestamptz not null,
  expires_at timestamptz not null,
  published_at timestamptz
);
create index link_revoked_waiting on link_revoked (revoked_at) where published_at is null;

-- Which wrapping key each data key is wrapped with: what `kadens keys rewrap` has still to do. Keys written before
-- keys had ids have the first one.
alter table identity.data_key add column key_id text not null default '1';
alter table identity.data_key alter column key_id drop default;
create index data_key_by_wrapping on identity.data_key (key_id);

-- Fingerprints of the wrapping keys that belong to this database: a process with others stops before it writes.
create table key_check (
  key_id text not null,
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  recorded_at timestamptz not null,
  primary key (key_id, fingerprint)
);
