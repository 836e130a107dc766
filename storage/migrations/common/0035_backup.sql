-- Backups: where the counters of ids are. A restored database must not give an id again that an erased row had, and
-- whoever makes a backup may read every table and no counter. Those of the audit log are not this role's to read.
create function last_ids() returns table (name text, last_id bigint) language sql stable
  security definer set search_path = public, pg_temp as $$
  select s.schemaname || '.' || s.sequencename, s.last_value from pg_sequences s
  where s.schemaname in ('public', 'identity') and s.last_value is not null order by 1
$$;
revoke all on function last_ids() from public;
grant execute on function last_ids() to kadens_admin;
