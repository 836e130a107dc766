-- Of a prescription that names weekdays a session is due on each of them and on no other date. A session of another
-- date makes up for a weekday, also a later one. It is what `stream.compute.day_states` says.

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
                          and coalesce(c.withdrawn_at > analysis.midnight(d.local_date, p.zone), true))
       -- a restriction or objection to all sources takes each date that it touches
       or exists (select from public.restriction h
                  where h.patient = p.id and h.lifted_at is null and h.source = ''
                  and h.from_at < analysis.midnight(d.local_date + 1, p.zone)
                  and coalesce(h.until_at > analysis.midnight(d.local_date, p.zone), true)) as paused,
       s.sessions_per_week, q.sevenths_due, (analysis.stepped(r.body, 'minutes_per_session', w.week))::int as minutes_per_session,
       (r.body ->> 'max_per_day')::int as max_per_day,
       (nullif(analysis.stepped(r.body, 'dose_min_per_week', w.week), 'null'))::double precision as dose_min_per_week,
       (r.body ->> 'strength_days')::int as strength_days,
       array(select jsonb_array_elements_text(r.body -> 'types')) as types,
       coalesce((r.body #>> '{rules,A1,ratio}')::double precision, 0.8) as low_ratio,
       coalesce((r.body #>> '{rules,A1,known_days}')::double precision, 4) as low_known_days,
       array(select jsonb_array_elements_text(s.weekdays)) as weekdays
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
comment on column analysis.prescribed_days.weekdays is
  'days of the sessions, mon to sun, as the progression has reached on the date; empty: any days';

create or replace view analysis.day_states with (security_barrier) as
select p.pseudonym as patient, s.local_date, s.state
from public.patient p cross join lateral (
  with clock as (
    select (now() at time zone p.zone)::date as today,
      (select min(b.start_at) from unnest(array['samples', 'workout', 'day']) as k (kind) cross join lateral (
         select f.start_at from public.fact f join public.source o on o.id = f.source
         where f.patient = p.id and f.kind = k.kind
         and o.device_type not in ('person', 'scale') and o.method <> 'manual'
         order by f.start_at limit 1) b) as since_at,
      (select max(m.time) from public.watermark m join public.source o on o.id = m.source
       where m.patient = p.id and o.device_type not in ('person', 'scale') and o.method <> 'manual') as synced_at),
  -- whole weeks, from the first date with a row or a prescription; a clock in 1989 must not list 37 years
  listed as (
    select greatest(k.first, clock.today - 4000) as first,
           greatest(clock.today, (select max(x.local_date) from public.day x where x.patient = p.id)) as last
    from clock cross join (
      select least((select min(x.local_date) from public.day x where x.patient = p.id),
                   (select min(x.valid_from) from public.prescription x where x.patient = p.id)) as first) k
    where k.first is not null),
  dates as (
    select g.local_date, g.monday, g.end_at, d.local_date is not null and d.sessions > 0 as active,
           coalesce(d.wear_min, 0) >= 600 as worn, coalesce(d.wear_min >= 600 or d.answered, false) as known,
           coalesce(d.by_type, '[]') as by_type, coalesce(d.phone_min, 0) >= 600 as carried,
           coalesce(g.local_date <= o.recalled_until, false) as told_of, o.recalled_sessions as told_sessions,
           -- a consent that holds for any part of a date keeps all of it; before the first one nothing was withdrawn
           exists (select from public.consent c where c.patient = p.id and c.kind = 'source_fetch'
                   and c.withdrawn_at <= g.start_at)
           and not exists (select from public.consent c where c.patient = p.id and c.kind = 'source_fetch'
                           and c.given_at < g.end_at and coalesce(c.withdrawn_at > g.start_at, true))
           -- a restriction or objection to all sources takes each date that it touches
           or exists (select from public.restriction h where h.patient = p.id and h.lifted_at is null and h.source = ''
                      and h.from_at < g.end_at and coalesce(h.until_at > g.start_at, true)) as blocked
    from listed cross join lateral (
      select n::date as local_date, n::date + 1 - extract(isodow from n)::int as monday,
             analysis.midnight(n::date, p.zone) as start_at, analysis.midnight(n::date + 1, p.zone) as end_at
      from generate_series((listed.first + 1 - extract(isodow from listed.first)::int)::timestamp,
                           (listed.last + 7 - extract(isodow from listed.last)::int)::timestamp, interval '1 day') as n) g
    left join public.day d on d.patient = p.id and d.local_date = g.local_date
    left join public.week o on o.patient = p.id and o.monday = g.monday),
  prescribed as (select * from analysis.prescribed_days h where h.patient = p.pseudonym),
  resting as (select h.local_date from prescribed h group by h.local_date having bool_and(h.paused)),
  -- what asks for sessions: a prescription in force, not paused, on a date that is not blocked
  asking as (
    select h.*, d.monday from prescribed h join dates d on d.local_date = h.local_date where not h.paused and not d.blocked),
  -- what the patient told of and nobody recorded, as far as the days of the week may hold it
  told as (
    select h.prescription, d.monday, greatest(0, least(
      max(d.told_sessions) - max(u.recorded), sum(h.max_per_day - least(c.credited, h.max_per_day)))) as sessions
    from prescribed h join dates d on d.local_date = h.local_date and d.told_of
    join (
      select x.monday, coalesce(sum((e.x ->> 'sessions')::int), 0) as recorded
      from dates x left join lateral jsonb_array_elements(x.by_type) as e (x) on true
      where x.told_of group by x.monday) u on u.monday = d.monday
    cross join lateral (
      select coalesce(sum((e.x ->> 'sessions')::int), 0) as credited
      from jsonb_array_elements(d.by_type) as e (x) where analysis.credits(h.types, e.x ->> 'type')) c
    group by h.prescription, d.monday),
  -- a session is due when what is left of the week's number no longer fits into the days that may hold one; with weekdays
  -- it is due on these alone, and the others of them have to hold their own ones
  due as (
    select a.local_date from clock cross join asking a
    join dates b on b.monday = a.monday and not b.blocked
    left join asking r on r.local_date = b.local_date and r.prescription = a.prescription
    left join told t on t.monday = a.monday and t.prescription = a.prescription
    cross join lateral (
      select least(coalesce(sum((e.x ->> 'sessions')::int), 0), a.max_per_day) as credited
      from jsonb_array_elements(b.by_type) as e (x) where analysis.credits(a.types, e.x ->> 'type')) c
    cross join lateral (
      select b.local_date < clock.today and c.credited = 0
             and not (b.known or b.told_of or b.carried and analysis.seen_by_phone(a.types)) as unknown) k
    -- what was done later counts, also in a pause; of a past date about which nothing is known it is assumed that it
    -- held as many as count
    cross join lateral (
      select case when b.local_date > a.local_date then greatest(
                    c.credited, r.sevenths_due / 7, case when k.unknown or r.weekdays = '{}' then r.max_per_day end)
                  when b.local_date < a.local_date and k.unknown then r.max_per_day end as sessions) m
    where a.weekdays = '{}' or a.sevenths_due > 0
    group by a.local_date, a.prescription, t.sessions
    having sum(r.sevenths_due) / 7 - coalesce(t.sessions, 0)
        - coalesce(sum(c.credited) filter (where b.local_date < a.local_date), 0) > coalesce(sum(m.sessions), 0)),
  -- dates on which a phone sees all that is asked for
  on_foot as (
    select h.local_date from prescribed h where not h.paused
    group by h.local_date having bool_and(analysis.seen_by_phone(h.types)))
  select d.local_date, case
    when d.blocked then 'blocked'
    when d.local_date in (select local_date from resting) then 'paused'
    when d.active then 'active'
    when d.local_date >= clock.today or clock.since_at is null or clock.since_at >= d.end_at
      or clock.synced_at is null or clock.synced_at < d.end_at then 'no_data'
    when not (d.worn or d.carried and d.local_date in (select local_date from on_foot)) then 'not_worn'
    when d.local_date not in (select local_date from due) then 'rest'
    else 'no_activity' end as state
  from dates d cross join clock cross join listed
  where d.local_date between listed.first and listed.last) s;
