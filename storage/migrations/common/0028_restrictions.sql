-- A restriction names a source ("": all), and is lifted by a person, once the patient was given notice of it.
-- An objection is lifted by the answer with the overriding ground.
alter table restriction
  add column source text not null default '',
  add column set_at timestamptz not null default now(),
  add column noticed_at timestamptz,
  add column noticed_how text not null default '' check (length(noticed_how) <= 500),
  add column lifted_at timestamptz,
  add column lifted_by text,
  add column ground text not null default '' check (length(ground) <= 500),
  add check ((lifted_at is null) = (lifted_by is null)),
  add check (lifted_at is null or kind = 'objection' or noticed_at is not null),
  add check (lifted_at is null or kind = 'restriction' or length(ground) > 0),
  add check (kind = 'restriction' or source = '');
create index restriction_held on restriction (patient) where lifted_at is null;
