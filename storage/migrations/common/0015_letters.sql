-- What could not be read, and what nobody has claimed yet. Each row holds the body that it speaks of, packed and sealed
-- with a patient's key, or with a key of its own that `wrapped` holds: changing the wrapping key touches no body.

-- Dead letters by the message that each speaks of: a message that is read twice is one row. `letter` is the offset on
-- kadens.dead. `body_bytes` counts what this row keeps; a body that is kept with its patient is not kept here again.
create table dead_letter (
  cluster text not null,
  topic text not null,
  part int not null,
  "offset" bigint not null,
  letter bigint not null,
  state text not null default 'waiting' check (state in ('waiting', 'retried', 'dropped')),
  class text not null,
  connector text not null,
  patient int references patient,
  received_at timestamptz,
  written_at timestamptz not null,
  size bigint not null,
  sha256 text not null,
  rejects jsonb not null,
  rejected int not null,
  key bytea not null,
  headers bytea not null,
  body_bytes bigint not null,
  wrapped bytea,
  sealed bytea,
  address text,
  primary key (cluster, topic, part, "offset"),
  constraint dead_letter_lies_once check (address is null or sealed is null)
);
alter table dead_letter alter column sealed set storage external; -- what is sealed does not compress
create index dead_letter_letter on dead_letter (letter);
create index dead_letter_class on dead_letter (class, connector, letter) where state = 'waiting';
create index dead_letter_recent on dead_letter (connector, written_at) include (patient, body_bytes)
  where state = 'waiting';
create index dead_letter_written on dead_letter (written_at);
create index dead_letter_patient on dead_letter (patient) where patient is not null;
create index dead_letter_address on dead_letter (address) where address is not null;

-- Dead letters beyond what one sender may fill: counted by day, nothing else of them is kept.
create table dead_letter_overflow (
  day date not null,
  class text not null,
  connector text not null,
  patient int references patient,
  letters bigint not null,
  bytes bigint not null
);
create unique index dead_letter_overflow_once on dead_letter_overflow (day, class, connector, coalesce(patient, 0));

-- Two logs number their messages alike: without the cluster a body of a new log was taken for one of the old.
-- Rows from before have no cluster and no key of their own; they are gone within a day.
alter table quarantine add column cluster text not null default '';
alter table quarantine alter column cluster drop default;
alter table quarantine drop constraint quarantine_pkey;
alter table quarantine add primary key (cluster, topic, part, "offset");
alter table quarantine add column size bigint not null default 0;
alter table quarantine alter column size drop default;
alter table quarantine add column wrapped bytea;
alter table quarantine add column address text;
alter table quarantine alter column sealed drop not null;
alter table quarantine alter column sealed set storage external;
alter table quarantine add constraint quarantine_lies_once check ((address is null) <> (sealed is null));
drop index quarantine_account;
create index quarantine_account on quarantine (vendor, account) include (size);
create index quarantine_address on quarantine (address) where address is not null;
create index body_address on body (address) where address is not null;

-- Files of the body store that no row names any more, written in the transaction that let go of them.
create table discarded (
  address text primary key
);
