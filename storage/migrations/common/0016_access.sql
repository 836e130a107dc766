-- Who may do what: sessions of clinicians, an audit log that nobody owns who writes it, and tables of the migration
-- role. The roles are made before this file runs, and granted by the table in storage/pg/roles.py.

-- A session of a clinician at the door. Ending it ends every copy of its cookie.
create table clinic_session (
  id uuid primary key,
  subject text not null,
  care_unit int not null references care_unit,
  issued_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > issued_at),
  ended_at timestamptz
);
create index clinic_session_expires on clinic_session (expires_at);

-- Two clinicians whose subjects differ only by case could pass for each other in the log.
create unique index clinician_subject_alike on clinician (lower(subject));

-- The only spellings of an action. Rows from before this file keep theirs.
create table audit_action (action text primary key check (action ~ '^[a-z]+([.][a-z]+)+$'));

-- `at` is the application's time; `recorded_at` is the database's own and nobody can set it. It is null in older rows.
alter table audit add column recorded_at timestamptz;

-- Hides what a row says of a patient in the hash that its link keeps; an erasure forgets it with the patient.
alter table audit add column salt bytea;

-- The chain of the log: each row has a link, made when its transaction commits, with a hash over the link before it.
-- `about` is the hash over what an erasure forgets, so that the chain holds afterwards too. No row refers to a link and
-- no link to a row: `kadens audit verify` compares them, and finds what somebody with all rights has changed.
create table audit_chain (
  seq bigint primary key,
  audit bigint not null unique,
  about bytea not null,
  hash bytea not null
);

-- `model.audit_log.chain` makes the same hashes of a row; its tests compare the two.
create function audit_link() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  head audit_chain;
  about bytea;
  linked bytea;
begin
  -- Held from here to the commit, which follows at once: links have no gap and one order. No row is locked instead,
  -- because a list of a thousand patients is a thousand links, and each would leave a dead version of that row.
  perform pg_advisory_xact_lock(0x6175646974);
  select * into head from audit_chain order by seq desc limit 1;
  about := sha256(new.salt || convert_to(concat_ws(E'\n', coalesce(new.patient::text, ''), octet_length(new.object),
                                                   new.object, new.detail::text), 'UTF8'));
  linked := sha256(coalesce(head.hash, '') || convert_to(concat_ws(E'\n',
    coalesce(head.seq, 0) + 1, new.id, audit_micros(new.at), new.actor, new.role, coalesce(new.care_unit::text, ''),
    new.action, audit_micros(new.recorded_at), encode(about, 'hex')), 'UTF8'));
  insert into audit_chain (seq, audit, about, hash) values (coalesce(head.seq, 0) + 1, new.id, about, linked);
  return null;
end $$;

create function audit_micros(at timestamptz) returns bigint language sql immutable
  return (extract(epoch from at) * 1000000)::bigint;

create function audit_record() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select from audit_action a where a.action = new.action) then
    raise exception 'audit rows have an action of the list' using errcode = 'check_violation';
  end if;
  if new.actor = '' or new.actor <> btrim(new.actor) or new.actor ~ '[[:cntrl:]]'
     or new.role = '' or new.role <> btrim(new.role) or new.role ~ '[[:cntrl:]]' then
    raise exception 'audit rows name an actor and a role, without spaces around them' using errcode = 'check_violation';
  end if;
  if new.erasure is not null then
    raise exception 'audit rows are append-only: no row is written as erased' using errcode = 'check_violation';
  end if;
  new.recorded_at := clock_timestamp();
  new.salt := uuid_send(gen_random_uuid());
  return new;
end $$;
create trigger audit_record before insert on audit for each row execute function audit_record();
create constraint trigger audit_link after insert on audit
  deferrable initially deferred for each row execute function audit_link();

-- A receipt belongs to the transaction that wrote it, which alone may complete it.
alter table erasure add column xact xid8;
create function erasure_record() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    new.xact := pg_current_xact_id();
    return new;
  end if;
  if tg_op = 'UPDATE' and old.xact = pg_current_xact_id()
     and (new.id, new.at, new.xact) is not distinct from (old.id, old.at, old.xact) then
    return new;
  end if;
  raise exception 'receipts of erasure are append-only';
end $$;
create trigger erasure_record before insert or update or delete on erasure
  for each row execute function erasure_record();
create trigger erasure_truncate before truncate on erasure
  for each statement execute function erasure_record();

-- An audit row loses its patient only by an erasure of the same transaction, and only when the patient is gone at its
-- end: a false erasure keeps the patient, and so cannot unlink.
create or replace function audit_is_append_only() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' and old.patient is not null and new.patient is null and new.erasure is not null
     and new.object = '' and new.detail = '{}' and new.salt is null
     and (new.id, new.at, new.actor, new.role, new.care_unit, new.action, new.recorded_at)
         is not distinct from (old.id, old.at, old.actor, old.role, old.care_unit, old.action, old.recorded_at)
     and exists (select from erasure e where e.id = new.erasure and e.xact = pg_current_xact_id()) then
    return new;
  end if;
  raise exception 'audit rows are append-only';
end $$;
create trigger audit_truncate before truncate on audit
  for each statement execute function audit_is_append_only();
create function audit_chain_is_append_only() returns trigger language plpgsql as
$$ begin raise exception 'links of the audit log are append-only'; end $$;
create trigger audit_chain_append_only before update or delete on audit_chain
  for each row execute function audit_chain_is_append_only();
create trigger audit_chain_truncate before truncate on audit_chain
  for each statement execute function audit_chain_is_append_only();

create function audit_patient_is_gone() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  if exists (select from patient p where p.id = old.patient) then
    raise exception 'audit rows are append-only: the patient was not erased';
  end if;
  return null;
end $$;
create constraint trigger audit_patient_is_gone after update on audit
  deferrable initially deferred for each row execute function audit_patient_is_gone();

create function audit_forget(patient_id int, erasure_id int) returns bigint language sql
  security definer set search_path = public, pg_temp as $$
  with forgotten as (
    update audit set patient = null, erasure = erasure_id, object = '', detail = '{}', salt = null
    where patient = patient_id returning 1)
  select count(*) from forgotten
$$;

-- Makes one month's partition of `sample`: the worker adds months and owns no table.
create function sample_partition(month date) returns void language plpgsql
  security definer set search_path = public, pg_temp as $$
declare
  name text := 'sample_' || to_char(month, 'YYYY_MM');
begin
  if month <> date_trunc('month', month) then
    raise exception 'a month begins on its first day';
  end if;
  execute format('create table %I (like sample)', name);
  execute format('alter table sample attach partition %I for values from (%L) to (%L)', name,
                 month::text || 'T00:00Z', (month + interval '1 month')::date::text || 'T00:00Z');
end $$;

-- From here on nothing belongs to a login. A login that is no superuser must
-- be a member of both roles to hand over; where it may, it joins and leaves again.
do $$
declare
  one record;
  joins boolean := current_setting('is_superuser') = 'off'
    and not (pg_has_role('kadens_migrate', 'SET') and pg_has_role('kadens_audit', 'SET'));
begin
  if joins then
    execute format('grant kadens_migrate, kadens_audit to %I', current_user);
  end if;
  execute format('grant create on database %I to kadens_migrate', current_database());
  grant all on schema public to kadens_migrate;
  grant create on schema public to kadens_audit;
  alter schema identity owner to kadens_migrate;
  alter schema analysis owner to kadens_migrate;
  for one in
    select c.oid::regclass as name, c.relkind as kind from pg_class c
    where c.relnamespace in ('public'::regnamespace, 'identity'::regnamespace, 'analysis'::regnamespace)
      and c.relkind in ('r', 'p', 'v')
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                      and d.deptype = 'e')
  loop
    execute format('alter %s %s owner to %I', case one.kind when 'v' then 'view' else 'table' end, one.name,
      case when one.name::text in ('audit', 'audit_action', 'audit_chain', 'erasure')
        then 'kadens_audit' else 'kadens_migrate' end);
  end loop;
  alter function sample_partition(date) owner to kadens_migrate;
  alter function audit_record() owner to kadens_audit;
  alter function audit_link() owner to kadens_audit;
  alter function audit_chain_is_append_only() owner to kadens_audit;
  alter function audit_micros(timestamptz) owner to kadens_audit;
  alter function erasure_record() owner to kadens_audit;
  alter function audit_is_append_only() owner to kadens_audit;
  alter function audit_patient_is_gone() owner to kadens_audit;
  alter function audit_forget(int, int) owner to kadens_audit;
  revoke create on schema public from kadens_audit;

  set local role kadens_audit;
  revoke all on function audit_record(), audit_link(), audit_chain_is_append_only(), erasure_record(),
    audit_is_append_only(), audit_patient_is_gone(), audit_forget(int, int) from public;
  grant execute on function audit_forget(int, int) to kadens_admin;
  grant select, insert on audit_action to kadens_migrate;
  grant references on erasure to kadens_migrate;
  grant select, insert (at, actor, role, care_unit, action, patient, object, detail) on audit
    to kadens_clinic, kadens_admin, kadens_patient;
  grant select on audit_chain to kadens_clinic, kadens_admin;
  grant select, insert (at), update (counts) on erasure to kadens_admin;
  set local role kadens_migrate;
  grant select on patient to kadens_audit;
  grant usage on schema identity to kadens_worker, kadens_clinic, kadens_admin, kadens_fetcher,
    kadens_patient;
  revoke all on function sample_partition(date) from public;
  grant execute on function sample_partition(date) to kadens_worker, kadens_admin;
  reset role;
  if joins then
    execute format('revoke kadens_audit from %I', current_user);
  end if;
exception when insufficient_privilege then
  raise exception 'the tables may not be handed over to kadens_migrate and kadens_audit: %', sqlerrm
    using errcode = 'insufficient_privilege',
    hint = format('as an administrator: grant kadens_migrate, kadens_audit to %I; '
                  'then `kadens migrate`; then: revoke kadens_audit from %1$I', session_user);
end $$;
