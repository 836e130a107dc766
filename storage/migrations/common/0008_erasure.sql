-- Erasure: a receipt with counts, and nothing that says whose it is. The log of who did what is kept by law; its lines
-- about an erased patient name the receipt instead of the patient, so that they stay together and lead to nobody.
create table erasure (
  id int generated always as identity primary key,
  at timestamptz not null,
  counts jsonb not null default '{}'
);

-- Bodies still to be removed from the body store. They no longer open: their key is gone.
create table erasure_body (
  erasure int not null references erasure,
  address text not null,
  primary key (erasure, address)
);

alter table audit add column erasure int references erasure;
create or replace function audit_is_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.patient is not null and new.patient is null and new.erasure is not null
     and new.object = '' and new.detail = '{}'
     and (new.id, new.at, new.actor, new.role, new.care_unit, new.action)
         is not distinct from (old.id, old.at, old.actor, old.role, old.care_unit, old.action) then
    return new;
  end if;
  raise exception 'audit rows are append-only';
end $$;
