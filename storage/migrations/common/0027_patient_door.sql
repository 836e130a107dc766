-- How patients get in at their own door: links that open it, and the sessions that follow.

-- A link that signs a patient in, once. Only the SHA-256 of the link is here, as hex.
create table door_link (
  link text primary key check (length(link) = 64),
  patient int not null references patient,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index door_link_patient on door_link (patient);

-- A session of a patient. Only the SHA-256 of the cookie is here, as hex.
create table patient_session (
  digest text primary key check (length(digest) = 64),
  patient int not null references patient,
  begun_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index patient_session_patient on patient_session (patient);
