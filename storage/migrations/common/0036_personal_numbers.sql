-- By which personal number a patient signs in at the patient door. Only a keyed digest of it is here, as hex: the key is in no table.
create table identity.number_digest (
  patient int primary key references patient,
  digest text not null unique check (length(digest) = 64),
  key_id text not null,
  recorded_at timestamptz not null
);
create index number_digest_key on identity.number_digest (key_id);
