-- Whom a message is for: one for the patient is sent only while the patient consents to its channel.
alter table outbox add column to_patient boolean not null default false;
update outbox set to_patient = true where channel = 'nudge' and patient is not null;
-- nobody but patients is nudged, and a message for nobody cannot ask anybody's consent
alter table outbox
  add check (channel <> 'nudge' or to_patient),
  add check (not to_patient or patient is not null);

-- What a patient reads before agreeing, version by version. A version holds until the next of its name begins; none is
-- ever changed or removed, because consents name it.
create table consent_text (
  name text not null check (length(name) between 1 and 64),
  version text not null check (length(version) between 1 and 32),
  language text not null check (length(language) between 2 and 8),
  kind text not null check (kind in ('source_fetch', 'contact_channel')),
  purpose text not null check (length(purpose) between 1 and 500),
  legal_basis text not null check (length(legal_basis) between 1 and 100),
  data_types text[] not null,
  content text not null check (length(content) between 1 and 20000),
  effective_from timestamptz not null,
  recorded_at timestamptz not null,
  recorded_by text not null,
  primary key (name, version),
  unique (name, effective_from)
);

-- The text that was shown, "" where nobody noted it.
alter table consent
  add column text_name text,
  add check (text_name is null or text_version <> ''),
  add foreign key (text_name, text_version) references consent_text (name, version);

-- Of a patient who was erased, the vendor is still to hear: the row names nobody of ours, its tokens are sealed with a key
-- of its own, and it goes with the vendor's answer or after a week.
alter table vendor_withdrawal
  alter column patient drop not null,
  add column wrapped bytea,
  add constraint vendor_withdrawal_of_nobody check ((patient is null) = (wrapped is not null));
