-- Row-level security: the policies themselves are made from the table in storage/pg/row_security.py. The clinician door
-- sees no patient of another unit, but its audit row of a refused request must name the patient who was asked for. So
-- it may ask for the id, and for nothing else of that patient.
create function refused_patient(named text, alert_id uuid) returns int language sql stable
  security definer set search_path = public, pg_temp as $$
  select coalesce((select a.patient from alert a where a.id = alert_id),
                  (select p.id from patient p where p.pseudonym = named))
$$;
revoke all on function refused_patient(text, uuid) from public;
grant execute on function refused_patient(text, uuid) to kadens_clinic;
