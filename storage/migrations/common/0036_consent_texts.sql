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

-- What is restricted is kept and used for nothing: the views of raw rows leave it out, as what is derived does.
-- Most vendors state a deletion without a revision of its own. It then applies to every version that was stated until
-- then, whatever its revision, as everywhere else; and one of no metric applies to the samples of all metrics.
create or replace view analysis.samples with (security_barrier) as
select p.pseudonym as patient, m.name as metric, m.unit, x.time, x.value,
       s.vendor, s.app, s.device_type, s.method,
       case when x.span_ms > 0 then x.time + x.span_ms * interval '1 millisecond' end as until
from public.sample x join public.patient p on p.id = x.patient join public.metric m on m.id = x.metric
join public.source s on s.id = x.source left join public.record r on r.id = x.record
where not exists (
  select from public.fact d join public.record dr on dr.id = d.record join public.source ds on ds.id = d.source
  where d.patient = x.patient and d.kind = 'deletion' and ds.vendor = s.vendor
  and (d.payload ->> 'target' = r.record
         and (dr.revision = 0 and dr.stated_ms >= r.stated_ms or (dr.revision, dr.stated_ms) >= (r.revision, r.stated_ms))
       or d.payload ->> 'target' = '' and d.payload ->> 'metric' in ('', m.name) and x.time >= d.start_at and x.time < d.end_at
          and x.revision <= (least(dr.revision, 2097151) << 42) + dr.stated_ms))
and not exists (
  select from public.restriction h where h.patient = x.patient and h.lifted_at is null and h.source in ('', s.vendor)
  and x.time < coalesce(h.until_at, 'infinity') and x.time + greatest(x.span_ms, 1) * interval '1 millisecond' > h.from_at);
-- Analysts see what is right, as the rules do; a voided answer is none. What is restricted is decided by the right times.
create or replace view analysis.answers with (security_barrier) as
select p.pseudonym as patient, coalesce(c.start_at, f.start_at) as at, f.local_date, f.payload ->> 'instrument' as instrument,
       f.payload ->> 'phase' as phase,
       (coalesce(c.fields -> 'value', f.payload -> 'value') #>> '{}')::double precision as value, f.payload ->> 'scale' as scale,
       s.session
from public.fact f join public.record r on r.id = f.record join public.source o on o.id = f.source
join public.patient p on p.id = f.patient
left join public.correction c on c.patient = f.patient and c.source = f.source and c.record = r.record and c.kind = f.kind
  and c.ended_at is null
-- as the rules read it: a report names the record of its session, or declares a session under its own record
left join lateral (
  select x.session from public.session x
  where x.patient = f.patient and x.record = coalesce(nullif(f.payload ->> 'session', ''), r.record)
  order by x.start_at, x.session limit 1) s on true
where f.kind = 'report' and c.is_void is not true and not exists (
  select from public.fact d join public.record dr on dr.id = d.record join public.source ds on ds.id = d.source
  where d.patient = f.patient and d.kind = 'deletion' and ds.vendor = o.vendor
  and d.payload ->> 'target' = r.record
  and (dr.revision = 0 and dr.stated_ms >= r.stated_ms or (dr.revision, dr.stated_ms) >= (r.revision, r.stated_ms)))
and not exists (
  select from public.restriction h where h.patient = f.patient and h.lifted_at is null and h.source in ('', o.vendor)
  and coalesce(c.start_at, f.start_at) < coalesce(h.until_at, 'infinity')
  and greatest(coalesce(c.end_at, f.end_at), coalesce(c.start_at, f.start_at) + interval '1 millisecond') > h.from_at);
