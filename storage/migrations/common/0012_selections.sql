-- Which source is selected for which metric in which minutes.

-- Ranges of minutes; a range ends where another source is selected.
create table source_selection (
  patient int not null references patient,
  local_date date not null,
  metric smallint not null,
  start_at timestamptz not null,
  end_at timestamptz not null check (end_at > start_at),
  source int not null references source,
  why text not null check (why in ('only', 'name', 'samples', 'rank', 'coverage')),
  primary key (patient, local_date, metric, start_at)
);
