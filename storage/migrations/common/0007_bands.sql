-- Bands: what the samples of an hour or a day come to, for each source. Ordinary tables, not continuous aggregates:
-- they are refreshed a patient at a time, and erasing a patient erases them.
create table band_hour (
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

-- A day of UTC. It counts the hours in which the source is the one that speaks, so that its rows add up.
create table band_day (
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

-- Whole hours whose bands do not say what the samples say, written with the samples. Readers ask the samples there.
create table band_dirty (
  patient int not null references patient,
  from_at timestamptz not null,
  to_at timestamptz not null check (to_at > from_at),
  marked_at timestamptz not null,
  primary key (patient, from_at)
);
create index band_dirty_marked on band_dirty (marked_at);

-- What was stored before there were bands.
insert into band_dirty (patient, from_at, to_at, marked_at)
select patient, date_trunc('hour', min(start_at), 'UTC'), date_trunc('hour', max(end_at), 'UTC') + interval '1 hour',
       now()
from fact where kind = 'samples' group by patient;
