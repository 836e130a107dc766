-- Rollups: count, least, greatest and sum of the samples of an hour or a day, by source. Ordinary tables, not
-- continuous aggregates: they are refreshed patient by patient, and erasing a patient erases them.
create table rollup_hour (
  patient int not null references patient,
  metric smallint not null,
  hour timestamptz not null,
  source int not null references source,
  n int not null check (n > 0),
  low double precision not null,
  high double precision not null,
  total double precision not null,
  primary key (patient, metric, hour, source)
);

-- A day of UTC: the sums of its hours, so that rows of all sources add up.
create table rollup_day (
  patient int not null references patient,
  metric smallint not null,
  day timestamptz not null,
  source int not null references source,
  n int not null check (n > 0),
  low double precision not null,
  high double precision not null,
  total double precision not null,
  primary key (patient, metric, day, source)
);

-- Whole hours whose rollups do not match their samples yet. Written with the samples; readers use the samples there.
create table rollup_stale (
  patient int not null references patient,
  from_at timestamptz not null,
  to_at timestamptz not null check (to_at > from_at),
  marked_at timestamptz not null,
  primary key (patient, from_at)
);
create index rollup_stale_marked on rollup_stale (marked_at);

-- Samples stored before there were rollups.
insert into rollup_stale (patient, from_at, to_at, marked_at)
select patient, date_trunc('hour', min(start_at), 'UTC'), date_trunc('hour', max(end_at), 'UTC') + interval '1 hour',
       now()
from fact where kind = 'samples' group by patient;
