-- Samples on plain PostgreSQL: native monthly partitions, made ahead by the writer.
create table sample (
  patient int not null,
  metric smallint not null,
  source int not null,
  record bigint not null,
  time timestamptz not null,
  value double precision not null,
  revision bigint not null,
  primary key (patient, metric, source, time, record)
) partition by range (time);
