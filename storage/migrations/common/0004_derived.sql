-- Derived rows: a pure function of the facts; each names the algorithm that made it.
create table session (
  patient int not null references patient,
  session text not null,
  start_at timestamptz not null,
  end_at timestamptz not null,
  local_date date not null,
  type text not null,
  vendor_type text not null,
  declared_by int not null references source,
  record text not null,
  body bytea not null,
  heart_source int references source,
  very_light_ms bigint not null,
  light_ms bigint not null,
  moderate_ms bigint not null,
  vigorous_ms bigint not null,
  near_max_ms bigint not null,
  unknown_ms bigint not null,
  thresholds jsonb not null,
  hr_n int not null,
  hr_min double precision,
  hr_mean double precision,
  hr_max double precision,
  partial boolean not null,
  exertion_cr10 double precision,
  moving_ms bigint,
  paused_ms bigint not null check (paused_ms >= 0),
  algorithm text not null,
  primary key (patient, session),
  -- the invariant: zones, unknown and paused time add up to the elapsed time
  check (very_light_ms + light_ms + moderate_ms + vigorous_ms + near_max_ms + unknown_ms + paused_ms
         = round(extract(epoch from end_at - start_at) * 1000))
);
create index session_day on session (patient, local_date);

create table day (
  patient int not null references patient,
  local_date date not null,
  sessions int not null,
  session_ms bigint not null,
  elapsed_ms bigint not null,
  paused_ms bigint not null check (paused_ms >= 0),
  very_light_ms bigint not null,
  light_ms bigint not null,
  moderate_ms bigint not null,
  vigorous_ms bigint not null,
  near_max_ms bigint not null,
  unknown_ms bigint not null,
  wear_min int not null,
  answered boolean not null,
  algorithm text not null,
  primary key (patient, local_date),
  check (very_light_ms + light_ms + moderate_ms + vigorous_ms + near_max_ms + unknown_ms = session_ms),
  check (session_ms + paused_ms = elapsed_ms)
);

create table week (
  patient int not null references patient,
  monday date not null check (extract(isodow from monday) = 1),
  sessions int not null,
  session_ms bigint not null,
  elapsed_ms bigint not null,
  paused_ms bigint not null check (paused_ms >= 0),
  very_light_ms bigint not null,
  light_ms bigint not null,
  moderate_ms bigint not null,
  vigorous_ms bigint not null,
  near_max_ms bigint not null,
  unknown_ms bigint not null,
  dose_min double precision not null,
  valid_days int not null,
  answered_days int not null,
  known_days int not null,
  algorithm text not null,
  primary key (patient, monday),
  check (very_light_ms + light_ms + moderate_ms + vigorous_ms + near_max_ms + unknown_ms = session_ms),
  check (session_ms + paused_ms = elapsed_ms)
);
