-- Who looked through a patient and when. A mark is taken back by a date, and on the same day only.
create table review (
  id bigint generated always as identity primary key,
  patient int not null references patient,
  reviewer text not null,
  reviewed_at timestamptz not null,
  undone_at timestamptz
);
create index review_patient on review (patient, reviewed_at desc) where undone_at is null;

-- What a care unit sorts its patients by: any number of tags, and the sites at which they are seen.
create table patient_label (
  patient int not null references patient,
  kind text not null check (kind in ('tag', 'site')),
  text text not null check (length(text) between 1 and 40),
  primary key (patient, kind, text)
);

-- The choices of a worklist that a clinician keeps, as the query of its address.
create table saved_filter (
  clinician text not null,
  name text not null check (length(name) between 1 and 40),
  query text not null check (length(query) <= 1000),
  primary key (clinician, name)
);
