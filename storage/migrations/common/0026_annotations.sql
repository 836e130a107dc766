-- What clinicians write beside a patient's data. Neither table loses a row but by erasure of the patient: an annotation
-- is taken back by a date, and a note by a newer version.
create table annotation (
  id bigint generated always as identity primary key,
  patient int not null references patient,
  kind text not null check (kind in ('illness', 'new_drug', 'new_watch', 'other')),
  first_date date not null,
  last_date date not null check (last_date >= first_date),
  text text not null check (length(text) <= 500),
  pauses boolean not null,
  author text not null,
  written_at timestamptz not null,
  removed_at timestamptz,
  removed_by text,
  check ((removed_at is null) = (removed_by is null))
);
create index annotation_patient on annotation (patient, first_date) where removed_at is null;

create table pinned_note (
  patient int not null references patient,
  version int not null check (version > 0),
  text text not null check (length(text) <= 2000),
  author text not null,
  written_at timestamptz not null,
  primary key (patient, version)
);

-- The pauses of a patient that annotations make, in the form of a prescription's own.
create function annotation_pauses(patient_id int) returns jsonb language sql stable as $$
  select coalesce(
    jsonb_agg(jsonb_build_object('first', a.first_date, 'last', a.last_date, 'why', replace(a.kind, '_', ' '))
              order by a.first_date, a.id), '[]')
  from annotation a where a.patient = patient_id and a.pauses and a.removed_at is null
$$;
