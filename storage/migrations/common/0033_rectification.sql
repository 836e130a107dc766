-- What was wrong in a report or a workout, as it is read from then on: the fact itself stays as its source stated it.
-- A correction names its record by the record's own name, so that it holds when the record is read anew.
-- A later correction of the same record ends the earlier one, and both stay.
create table correction (
  id bigint generated always as identity primary key,
  patient int not null references patient,
  source int not null references source,
  record text not null,
  kind text not null check (kind in ('workout', 'report')),
  is_void boolean not null,
  fields jsonb not null,
  start_at timestamptz,
  end_at timestamptz,
  was jsonb not null,
  set_by text not null,
  set_at timestamptz not null,
  why text not null check (length(why) between 1 and 500),
  ended_at timestamptz,
  ended_by text,
  ended_why text not null default '' check (length(ended_why) <= 500),
  check ((ended_at is null) = (ended_by is null)),
  check ((start_at is null) = (end_at is null))
);
create unique index correction_holds on correction (patient, source, record, kind) where ended_at is null;
create index correction_patient on correction (patient, id);
create index correction_source on correction (source);

-- What a patient wrote with a request, in their own words.
alter table rights_request add column wish text not null default '' check (length(wish) <= 2000);

-- The file that answers a request, sealed with the patient's own key, until it is 30 days old.
create table rights_file (
  request bigint primary key references rights_request on delete cascade,
  patient int not null references patient,
  sealed bytea not null,
  made_at timestamptz not null
);
create index rights_file_patient on rights_file (patient);
