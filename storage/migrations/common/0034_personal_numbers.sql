-- By which personal number a patient signs in at the patient door. Only a keyed digest of it is here, as hex: the key is in no table.
create table identity.number_digest (
  patient int primary key references patient,
  digest text not null unique check (length(digest) = 64),
  key_id text not null,
  recorded_at timestamptz not null
);
create index number_digest_key on identity.number_digest (key_id);

-- The door may also ask whose number it is, by the digest: see 0031_blocks.sql.
create or replace function owner_of_secret(secret text) returns int language sql stable
  security definer set search_path = public, pg_temp as $$
  select coalesce((select l.patient from door_link l where l.link = secret),
                  (select s.patient from patient_session s where s.digest = secret),
                  (select i.patient from vendor_invitation i where i.link = secret),
                  (select i.patient from vendor_invitation i where i.state = secret),
                  (select n.patient from identity.number_digest n where n.digest = secret))
$$;
