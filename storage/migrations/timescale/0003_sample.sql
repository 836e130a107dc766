-- Samples on TimescaleDB: a hypertable with columnstore; every key column is in segmentby or orderby, else each
-- batch would carry a composite bloom filter and take twice the room.
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
);
select create_hypertable('sample', by_range('time', interval '7 days'), create_default_indexes => false);
alter table sample set (
  timescaledb.enable_columnstore,
  timescaledb.segmentby = 'patient,metric,source',
  timescaledb.orderby = 'time,record'
);
call add_columnstore_policy('sample', after => interval '7 days');
