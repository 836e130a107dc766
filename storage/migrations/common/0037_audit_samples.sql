-- Spot checks of the audit log: a random sample of accesses, and what a reviewer found of each. The log belongs to a
-- role that no migration may take, so a sampled access is the number of its row, without a reference.
create table audit_sample (
  id int generated always as identity primary key,
  drawn_at timestamptz not null,
  drawn_by text not null,
  since_at timestamptz not null,
  until_at timestamptz not null check (until_at > since_at),
  seed bigint not null,
  due_at timestamptz not null
);
create table audit_sampled (
  sample int not null references audit_sample,
  audit bigint not null,
  verdict text check (verdict in ('justified', 'unclear', 'unjustified')),
  reason text not null default '' check (length(reason) <= 500),
  reviewer text,
  reviewed_at timestamptz,
  primary key (sample, audit),
  check ((verdict is null) = (reviewer is null) and (verdict is null) = (reviewed_at is null)),
  check (verdict is null or reason <> '')
);
