-- Row-level security of the patient door. Its queries see the rows of one patient. Whose they are is
-- known by a secret that only the patient's browser has, so that the door may ask for the id of its
-- owner, and for nothing else: a link, a session, or the way through a vendor's page, as SHA-256 in hex.
create function owner_of_secret(secret text) returns int language sql stable
  security definer set search_path = public, pg_temp as $$
  select coalesce((select l.patient from door_link l where l.link = secret),
                  (select s.patient from patient_session s where s.digest = secret),
                  (select i.patient from vendor_invitation i where i.link = secret),
                  (select i.patient from vendor_invitation i where i.state = secret))
$$;
revoke all on function owner_of_secret(text) from public;
grant execute on function owner_of_secret(text) to kadens_patient;

-- Who has a vendor's account now. An account that another patient had before leaves rows behind,
-- which linking takes over and withdrawing must leave alone.
create function account_holder(of_vendor text, of_account text) returns int language sql stable
  security definer set search_path = public, pg_temp as $$
  select a.patient from account a
  where a.vendor = of_vendor and a.account = of_account and a.unlinked_at is null
$$;
revoke all on function account_holder(text, text) from public;
grant execute on function account_holder(text, text) to kadens_patient, kadens_admin, kadens_worker, kadens_fetcher;

-- Another unit than the patient's own takes part in the care, and may read.
create table unit_sharing (
  id bigint generated always as identity primary key,
  patient int not null references patient,
  care_unit int not null references care_unit,
  shared_by text not null,
  shared_at timestamptz not null,
  until_at timestamptz check (until_at > shared_at),
  ended_at timestamptz
);
create index unit_sharing_patient on unit_sharing (patient);
create unique index unit_sharing_once on unit_sharing (patient, care_unit) where ended_at is null;

-- The patient demands that no other unit reads what the patient's own unit documents. `consent` says how
-- the patient agreed to the end of it.
create table unit_block (
  id bigint generated always as identity primary key,
  patient int not null references patient,
  set_by text not null,
  set_at timestamptz not null,
  lifted_by text,
  lifted_at timestamptz check (lifted_at >= set_at),
  consent text not null default '' check (length(consent) <= 500),
  check ((lifted_at is null) = (lifted_by is null)),
  check (lifted_at is null or consent <> '')
);
create index unit_block_patient on unit_block (patient);
create unique index unit_block_once on unit_block (patient) where lifted_at is null;

-- A person of another unit reads for a time what is blocked: the patient consents, or it is an emergency.
create table block_opening (
  id bigint generated always as identity primary key,
  patient int not null references patient,
  care_unit int not null references care_unit,
  subject text not null,
  ground text not null check (ground in ('consent', 'emergency')),
  reason text not null check (length(reason) between 1 and 500),
  opened_at timestamptz not null,
  until_at timestamptz not null check (until_at > opened_at),
  reviewed_by text,
  reviewed_at timestamptz,
  verdict text not null default '' check (length(verdict) <= 500),
  check ((reviewed_at is null) = (reviewed_by is null)),
  check ((reviewed_at is null) = (verdict = ''))
);
create index block_opening_patient on block_opening (patient);
create index block_opening_unreviewed on block_opening (opened_at) where reviewed_at is null;

-- What holds between a patient and another unit, for who asks at an instant. The clinician door sees no
-- patient of another unit, so it may ask for this and no more; of a patient whom the unit does not share
-- it learns nothing. `named` null is every patient whom the unit shares.
create function guest_facts(named text, of_unit text, who text, now_at timestamptz)
  returns table (pseudonym text, home text, is_shared boolean, is_blocked boolean, open_until timestamptz)
  language sql stable security definer set search_path = public, pg_temp as $$
  select p.pseudonym, h.name, true,
    exists (select from unit_block b where b.patient = p.id and b.set_at <= now_at
            and (b.lifted_at is null or now_at < b.lifted_at)),
    (select max(o.until_at) from block_opening o where o.patient = p.id and o.care_unit = u.id
     and o.subject = who and o.opened_at <= now_at and now_at < o.until_at)
  from care_unit u
  join unit_sharing s on s.care_unit = u.id and s.shared_at <= now_at
    and (s.until_at is null or now_at < s.until_at) and (s.ended_at is null or now_at < s.ended_at)
  join patient p on p.id = s.patient and p.care_unit <> u.id
  join care_unit h on h.id = p.care_unit
  where u.name = of_unit and (named is null or p.pseudonym = named)
$$;

-- The same for the policies: whether the guest of this transaction may read a patient.
create function guest_sees(number int) returns boolean language sql stable
  security definer set search_path = public, pg_temp as $$
  select exists (
    select from patient p, guest_facts(p.pseudonym, current_setting('kadens.guest', true),
      current_setting('kadens.who', true),
      to_timestamp(nullif(current_setting('kadens.at', true), '')::bigint / 1000.0)) f
    where p.id = number and (not f.is_blocked or f.open_until is not null))
$$;

-- Only of a patient whom the unit shares, and who has blocked: there is nothing else to open.
create function open_block(named text, of_unit text, who text, on_ground text, why text,
                           now_at timestamptz, end_at timestamptz) returns bigint language sql
  security definer set search_path = public, pg_temp as $$
  insert into block_opening (patient, care_unit, subject, ground, reason, opened_at, until_at)
  select p.id, u.id, who, on_ground, why, now_at, end_at
  from guest_facts(named, of_unit, who, now_at) f join patient p on p.pseudonym = f.pseudonym
  join care_unit u on u.name = of_unit
  where f.is_blocked returning id
$$;
revoke all on function guest_facts(text, text, text, timestamptz), guest_sees(int),
  open_block(text, text, text, text, text, timestamptz, timestamptz) from public;
grant execute on function guest_facts(text, text, text, timestamptz), guest_sees(int),
  open_block(text, text, text, text, text, timestamptz, timestamptz) to kadens_clinic;
