-- The second wall for the two tables that had none: the audit log, and the samples.

-- The log belongs to a role that no migration may take, so whoever logs in does this, as in 0016: a superuser, or a
-- login that may join that role. A door reads lines about whom it sees, and writes them about everybody: a refused
-- request names the patient who was asked for.
do $$
declare
  joins boolean;
begin
  set local role none;
  joins := current_setting('is_superuser') = 'off' and not pg_has_role('kadens_audit', 'SET');
  if joins then
    execute format('grant kadens_audit to %I', current_user);
  end if;
  set local role kadens_audit;
  create policy passing on audit to kadens_admin, kadens_audit using (true);
  create policy of_unit on audit for select to kadens_clinic
    using (patient in (select p.id from public.patient p));
  create policy of_patient on audit for select to kadens_patient
    using (patient = nullif(current_setting('kadens.patient', true), '')::int);
  create policy written on audit for insert to kadens_clinic, kadens_patient with check (true);
  alter table audit enable row level security;
  alter table audit force row level security;
  set local role none;
  if joins then
    execute format('revoke kadens_audit from %I', current_user);
  end if;
  set local role kadens_migrate;
exception when insufficient_privilege then
  raise exception 'the policies of the audit log may not be made by this login (%): run `kadens migrate` once as an '
    'administrator', sqlerrm;
end $$;

-- Samples are written by COPY, which PostgreSQL refuses for a table with policies, and a hypertable with columnstore can
-- have none. So the clinician door may not read the table: its search path (`become` in storage/pg/roles.py) leads
-- `sample` to this view. The condition is that of the policies of `patient` in storage/pg/row_security.py.
create schema of_unit;
create view of_unit.sample with (security_barrier) as
select x.* from public.sample x where x.patient in (
  select p.id from public.patient p
  where p.care_unit = (select u.id from public.care_unit u where u.name = current_setting('kadens.unit', true))
  and ((select coalesce(current_setting('kadens.guest', true), '')) = '' or public.guest_sees(p.id))
  and ((select coalesce(current_setting('kadens.granted', true), '') = '')
       or p.id in (select unnest(nullif(current_setting('kadens.granted', true), '')::int[]))));
revoke select on public.sample from kadens_clinic;
grant usage on schema of_unit to kadens_clinic;
grant select on of_unit.sample to kadens_clinic;
