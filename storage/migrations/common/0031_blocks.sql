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
