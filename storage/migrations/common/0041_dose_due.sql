-- The dose that is due is that of the whole sessions that are due, as their minutes are: a pause of six days leaves no
-- session, and no dose either. All else of the view is as it was.

create or replace view analysis.adherence with (security_barrier) as
select p.pseudonym as patient, a.prescription, a.version, a.monday,
       now() >= analysis.midnight(a.monday + 7, p.zone) as over,
       a.known_days, a.paused_days, a.due_sessions, a.due_min, a.due_dose_min, a.due_strength_days,
       a.sessions as credited_sessions, a.told_sessions as credited_recalled, a.ms / 60000.0::double precision as credited_min, a.dose_min as credited_dose_min,
       a.strength as strength_days, a.standing,
       -- done is done, whatever the unknown days hold; too little may be completed by them
       case when a.a_freq >= 1 or not a.doubtful then a.a_freq end as a_freq,
       case when a.a_time >= 1 or not (a.doubtful or a.told_sessions > 0) then a.a_time end as a_time,
       a.in_range_ms / nullif(a.range_known_ms, 0)::double precision as a_int,
       case when a.a_dose >= 1 or not (a.doubtful or a.told_sessions > 0 or a.unknown_ms - a.exertion_ms > 0.2 * a.ms) then a.a_dose end as a_dose,
       case when a.a_strength >= 1 or not (a.doubtful or a.told_sessions > 0) then a.a_strength end as a_strength
from public.patient p cross join lateral (
  -- the days of weeks on all of whose days the prescription holds, each with what was recorded on it
  with held as (
    select w.*, k.known, k.known or coalesce(d.phone_min >= 600, false) and analysis.seen_by_phone(w.types) as seen,
           coalesce(w.local_date <= o.recalled_until, false) as told_of, o.recalled_sessions as told_sessions,
           coalesce(d.by_type, '[]') as by_type
    from (
      select h.*, m.monday, count(*) over (partition by h.prescription, m.monday) as days
      from analysis.prescribed_days h
      cross join lateral (select h.local_date + 1 - extract(isodow from h.local_date)::int as monday) m
      where h.patient = p.pseudonym) w
    left join public.day d on d.patient = p.id and d.local_date = w.local_date
    left join public.week o on o.patient = p.id and o.monday = w.monday
    cross join lateral (
      select coalesce(d.wear_min >= 600 or d.answered, false) or coalesce(w.local_date <= o.recalled_until, false) as known) k
    where w.days = 7),
  daily as (
    select h.*, t.*, least(t.done, h.max_per_day) as sessions, h.max_per_day - least(t.done, h.max_per_day) as room
    from held h cross join lateral (
      select coalesce(sum((e.x ->> 'sessions')::int) filter (where c.credited), 0) as done,
             coalesce(sum((e.x ->> 'sessions')::int), 0) as recorded,
             coalesce(sum(z.ms) filter (where c.credited), 0)::bigint as ms,
             coalesce(sum((e.x #>> '{zones,unknown}')::bigint) filter (where c.credited), 0)::bigint as unknown_ms,
             coalesce(sum((e.x ->> 'exertion_ms')::bigint) filter (where c.credited), 0)::bigint as exertion_ms,
             coalesce(sum((e.x ->> 'in_range_ms')::bigint) filter (where c.credited), 0)::bigint as in_range_ms,
             coalesce(sum((e.x ->> 'range_known_ms')::bigint) filter (where c.credited), 0)::bigint as range_known_ms,
             coalesce(sum((e.x ->> 'dose_min')::double precision) filter (where c.credited), 0) as dose_min,
             coalesce(bool_or(e.x ->> 'type' = 'strength' and (e.x ->> 'sessions')::int > 0), false) as has_strength
      from jsonb_array_elements(h.by_type) as e (x)
      cross join lateral (select analysis.credits(h.types, e.x ->> 'type') as credited) c
      cross join lateral (select sum(v.value::bigint) as ms from jsonb_each_text(e.x -> 'zones') as v) z) t),
  weekly as (
    select prescription, monday,
           max(version) filter (where local_date = monday + 6) as version,
           max(low_ratio) filter (where local_date = monday) as low_ratio,
           max(low_known_days) filter (where local_date = monday) as low_known_days,
           max(minutes_per_session) filter (where local_date = monday + 6) as last_min,
           -- what the patient told of and nobody recorded, as far as a day may hold it
           case when max(told_sessions) is null then 0 else greatest(0, least(
             max(told_sessions) - sum(recorded) filter (where told_of), sum(room) filter (where told_of)))::int end
             as told_sessions,
           count(*) filter (where known) as known_days, count(*) filter (where seen) as seen_days,
           count(*) filter (where paused) as paused_days,
           coalesce(sum(sevenths_due) filter (where not paused), 0)::int / 7 as due_sessions,
           coalesce(sum(sevenths_due * minutes_per_session) filter (where not paused)
                    / nullif(sum(sevenths_due) filter (where not paused), 0)::double precision, 0) as mean_min,
           coalesce(sum(strength_days) filter (where not paused), 0)::int / 7 as due_strength_days,
           -- a week of which one version names no dose has none
           case when coalesce(bool_or(dose_min_per_week is null) filter (where not paused), false) then null
             -- where only a dose is asked for, each day asks for a seventh of it
             when coalesce(max(sessions_per_week) filter (where not paused), 0) = 0
               then coalesce(sum(dose_min_per_week) filter (where not paused), 0) / 7
             else coalesce(sum(dose_min_per_week) filter (where not paused)
               * (sum(sevenths_due) filter (where not paused) / 7)
               / nullif(sum(sevenths_due) filter (where not paused), 0), 0) end as due_dose_min,
           sum(sessions)::int as recorded_sessions, sum(ms)::bigint as ms, sum(unknown_ms)::bigint as unknown_ms,
           sum(exertion_ms)::bigint as exertion_ms, sum(in_range_ms)::bigint as in_range_ms,
           sum(range_known_ms)::bigint as range_known_ms, sum(dose_min) as dose_min,
           count(*) filter (where has_strength) as strength,
           coalesce(sum(room) filter (where not (paused or seen)), 0)::int as room,
           coalesce(sum(room * minutes_per_session) filter (where not (paused or seen)), 0)::int as room_min
    from daily group by prescription, monday),
  counted as (
    select w.*, w.recorded_sessions + w.told_sessions as sessions from weekly w),
  ratios as (
    select w.*, w.due_sessions * w.mean_min as due_min,
           w.sessions / nullif(w.due_sessions, 0)::double precision as a_freq,
           w.ms / 60000.0::double precision / nullif(w.due_sessions * w.mean_min, 0) as a_time,
           w.dose_min / nullif(w.due_dose_min, 0) as a_dose,
           w.strength / nullif(w.due_strength_days, 0)::double precision as a_strength,
           -- with every session that the days about which nothing is known could have held
           (w.sessions + w.room) / nullif(w.due_sessions, 0)::double precision as best_freq,
           (j.min + w.room_min) / nullif(w.due_sessions * w.mean_min, 0) as best_time,
           j.min / nullif(w.due_sessions * w.mean_min, 0) as told_time
    from counted w
    -- a session that was told of is taken to be long enough
    cross join lateral (select w.ms / 60000.0::double precision + w.told_sessions * w.last_min as min) j),
  judged as (
    select r.*, case
      when r.due_sessions = 0 then 'none due'
      when r.a_freq >= r.low_ratio and coalesce(r.told_time >= r.low_ratio, true) then 'enough'
      when r.seen_days >= r.low_known_days
        and (r.best_freq < r.low_ratio or coalesce(r.best_time < r.low_ratio, false)) then 'low'
      else 'too thin to judge' end as standing
    from ratios r)
  select j.*, j.seen_days < j.low_known_days or j.standing = 'too thin to judge' as doubtful from judged j) a;

comment on column analysis.adherence.due_dose_min is 'dose that was due: moderate minutes plus twice the vigorous ones of the whole sessions due, or of the days where no session is prescribed; null when none is prescribed';
