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
-- As of samples.
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
