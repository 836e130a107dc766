-- What takes a date off what is due, beside the pauses of a prescription: annotations that pause, and dates without
-- consent. It is what `storage.prescribing.effective` reads.

create or replace view analysis.prescribed_days with (security_barrier) as
select p.pseudonym as patient, d.local_date, r.prescription, r.version,
       exists (select from jsonb_array_elements(r.body -> 'pauses') as e (pause)
               where d.local_date between (e.pause ->> 'first')::date and (e.pause ->> 'last')::date)
       or exists (select from public.annotation a
                  where a.patient = p.id and a.pauses and a.removed_at is null
                  and d.local_date between a.first_date and a.last_date)
       -- a consent that holds for any part of a date keeps all of it; before the first one nothing was withdrawn
       or exists (select from public.consent c where c.patient = p.id and c.kind = 'source_fetch'
                  and c.withdrawn_at <= analysis.midnight(d.local_date, p.zone))
          and not exists (select from public.consent c where c.patient = p.id and c.kind = 'source_fetch'
                          and c.given_at < analysis.midnight(d.local_date + 1, p.zone)
                          and coalesce(c.withdrawn_at > analysis.midnight(d.local_date, p.zone), true)) as paused,
       s.sessions_per_week, q.sevenths_due, (analysis.stepped(r.body, 'minutes_per_session', w.week))::int as minutes_per_session,
       (r.body ->> 'max_per_day')::int as max_per_day,
       (nullif(analysis.stepped(r.body, 'dose_min_per_week', w.week), 'null'))::double precision as dose_min_per_week,
       (r.body ->> 'strength_days')::int as strength_days,
       array(select jsonb_array_elements_text(r.body -> 'types')) as types,
       coalesce((r.body #>> '{rules,A1,ratio}')::double precision, 0.8) as low_ratio,
       coalesce((r.body #>> '{rules,A1,known_days}')::double precision, 4) as low_known_days
from public.patient p join public.prescription r on r.patient = p.id
cross join lateral (select (now() at time zone p.zone)::date as today) c
cross join lateral (
  select r.valid_from + n as local_date
  from generate_series(0, least(r.valid_to, c.today + 7 - extract(isodow from c.today)::int) - r.valid_from) as g (n)) d
cross join lateral (
  select (d.local_date - coalesce((r.body ->> 'progression_from')::date, r.valid_from)) / 7 + 1 as week) w
cross join lateral (
  select (analysis.stepped(r.body, 'sessions_per_week', w.week))::int as sessions_per_week,
         analysis.stepped(r.body, 'weekdays', w.week) as weekdays) s
cross join lateral (
  select case when jsonb_array_length(s.weekdays) = 0 then s.sessions_per_week
              when s.weekdays ? (array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])[extract(isodow from d.local_date)::int]
                then 7 * s.sessions_per_week / jsonb_array_length(s.weekdays)
              else 0 end as sevenths_due) q
where not exists (
  select from public.prescription n
  where n.patient = r.patient and n.prescription = r.prescription and n.version > r.version and n.valid_from <= d.local_date);
comment on column analysis.prescribed_days.paused is
  'true when a pause, an annotation or a missing consent takes the date off what is due';
