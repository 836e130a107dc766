-- Samples on plain PostgreSQL: native monthly partitions, made ahead by the writer.
create table sample (
  patient int not null,
  metric smallint not null,
  source int not null,
  -- how long it holds from `time` on, in ms; 0 where no end is stated. Here it fills a gap of alignment.
  span_ms int not null default 0,
  record bigint not null,
  time timestamptz not null,
  value double precision not null,
  revision bigint not null,
  primary key (patient, metric, source, time, record)
) partition by range (time);
