-- Facts: what somebody told us, kept as told.
create table source (
  id int generated always as identity primary key,
  vendor text not null,
  app text not null,
  device text not null,
  device_type text not null,
  method text not null,
  unique (vendor, app, device, device_type, method)
);

-- A record of a source and the version that stands: the greater (revision, stated_ms, body) wins, whatever came first.
-- `revision` is the sender's own (0: none), `stated_ms` when the version was stated (epoch ms).
create table record (
  id bigint generated always as identity primary key,
  patient int not null references patient,
  source int not null references source,
  record text not null,
  revision bigint not null,
  stated_ms bigint not null,
  body bytea not null,
  unique (patient, record, source)
);

-- One row a fact of the standing revision of its record. `metric` is 0 and `part` is 0 where there is none.
-- `content` is a hash of all that was told: equal facts have equal content, whenever they came. The samples of a
-- block lie in `sample`; its `payload` says how many they are and from when to when.
create table fact (
  record bigint not null references record on delete cascade,
  kind text not null,
  metric smallint not null,
  part int not null,
  patient int not null references patient,
  source int not null references source,
  start_at timestamptz not null,
  end_at timestamptz not null check (end_at >= start_at),
  offset_min smallint,
  offset_origin text not null,
  local_date date not null,
  received_at timestamptz not null,
  connector text not null,
  body bytea not null,
  payload jsonb not null,
  content bytea not null,
  primary key (record, kind, metric, part)
);
create index fact_patient on fact (patient, kind, start_at);
create index fact_session on fact (patient, (payload ->> 'session')) where kind = 'report';

-- Latest measured instant of each source.
create table watermark (
  patient int not null references patient,
  source int not null references source,
  time timestamptz not null,
  primary key (patient, source)
);

-- Bodies as received, kept encrypted in the body store with the patient's own key.
create table body (
  patient int not null references patient,
  sha256 bytea not null,
  connector text not null,
  content_type text not null,
  size bigint not null,
  address text not null,
  received_at timestamptz not null, -- the first receipt
  stated_ms bigint not null,
  -- lists of pairs: what the connector let through, which its reader may need again
  passed_headers jsonb not null,
  passed_query jsonb not null,
  primary key (patient, sha256)
);

-- Bodies of accounts that nobody is linked to yet, for a day.
create table quarantine (
  topic text not null,
  part int not null,
  "offset" bigint not null,
  vendor text not null,
  account text not null,
  headers jsonb not null,
  sealed bytea not null,
  received_at timestamptz not null,
  released_at timestamptz,
  primary key (topic, part, "offset")
);
create index quarantine_account on quarantine (vendor, account);

-- What a consumer has finished, written in the transaction of its rows.
create table stream_offset (
  topic text not null,
  part int not null,
  next_offset bigint not null,
  primary key (topic, part)
);
