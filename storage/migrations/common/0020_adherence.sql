-- For analysts: what was due, what was done of it, and what each date says about training. These views say the same as
-- the API, by other means: a test holds them equal to `clinic.answers` on random patients. They are computed when they
-- are read, because they change with the clock, with prescriptions and with consents.

create function analysis.midnight(day date, zone text) returns timestamptz language sql stable as $$
  -- where a zone has midnight twice on a date, the first counts
  select case when (m.at - interval '1 hour') at time zone zone = day::timestamp then m.at - interval '1 hour' else m.at end
  from (select day::timestamp at time zone zone as at) m
$$;
comment on function analysis.midnight is 'instant at which a local date begins in a zone';

create function analysis.credits(types text[], type text) returns boolean language sql immutable as $$
  -- a type that says nothing about the exercise counts for every prescription
  select types = '{}' or type = any(types) or type in ('transition', 'multisport', 'other')
$$;
comment on function analysis.credits is 'whether a session of a type counts for a prescription of some types';

create function analysis.seen_by_phone(types text[]) returns boolean language sql immutable as $$
  select types <> '{}' and types <@ '{walking, hiking, nordic_walking, running}'
$$;
comment on function analysis.seen_by_phone is 'whether a phone in a pocket sees all exercise of some types';

create function analysis.stepped(body jsonb, field text, week int) returns jsonb language sql immutable as $$
  -- the last step that has begun and names the figure
  select coalesce((
    select s.step -> field from jsonb_array_elements(coalesce(body -> 'progression', '[]')) as s (step)
    where (s.step ->> 'from_week')::int <= week and coalesce(s.step -> field, 'null') <> 'null'
    order by (s.step ->> 'from_week')::int desc limit 1), body -> field)
$$;
comment on function analysis.stepped is 'figure of a prescription in a week of its progression';

create view analysis.prescribed_days with (security_barrier) as
select p.pseudonym as patient, d.local_date, r.prescription, r.version,
       exists (select from jsonb_array_elements(r.body -> 'pauses') as e (pause)
               where d.local_date between (e.pause ->> 'first')::date and (e.pause ->> 'last')::date) as paused,
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
comment on view analysis.prescribed_days is 'one row a local date and prescription in force, up to the Sunday of the running week';
comment on column analysis.prescribed_days.patient is 'pseudonym';
comment on column analysis.prescribed_days.local_date is 'date in the patient''s zone';
comment on column analysis.prescribed_days.prescription is 'id of the prescription';
comment on column analysis.prescribed_days.version is 'version that holds on the date';
comment on column analysis.prescribed_days.paused is 'true when a pause takes the date off what is due';
comment on column analysis.prescribed_days.sessions_per_week is 'sessions a week, as the progression has reached on the date';
comment on column analysis.prescribed_days.sevenths_due is 'sevenths of a session that the date asks for: on its weekdays where it names them, else the same on every date';
comment on column analysis.prescribed_days.minutes_per_session is 'length of a session, minutes';
comment on column analysis.prescribed_days.max_per_day is 'sessions of one day that count at most';
comment on column analysis.prescribed_days.dose_min_per_week is 'dose a week, moderate minutes plus twice the vigorous ones; null when none is prescribed';
comment on column analysis.prescribed_days.strength_days is 'days a week with strength training';
comment on column analysis.prescribed_days.types is 'types of exercise that count for it, empty: every type';
comment on column analysis.prescribed_days.low_ratio is 'share of what was due below which rule A1 takes a week as low';
comment on column analysis.prescribed_days.low_known_days is 'known days that rule A1 needs of a week';

create view analysis.adherence with (security_barrier) as
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
comment on view analysis.adherence is 'one row a prescription and ISO week on all of whose days it holds, up to the running week';
comment on column analysis.adherence.patient is 'pseudonym';
comment on column analysis.adherence.prescription is 'id of the prescription';
comment on column analysis.adherence.version is 'version in force on the Sunday';
comment on column analysis.adherence.monday is 'Monday of the week in the patient''s zone';
comment on column analysis.adherence.over is 'true when the week has ended';
comment on column analysis.adherence.known_days is 'days worn for 600 minutes or answered for; the standing counts those that a phone saw besides';
comment on column analysis.adherence.paused_days is 'days of a pause, taken off what was due';
comment on column analysis.adherence.due_sessions is 'whole sessions that were due';
comment on column analysis.adherence.due_min is 'their length, minutes';
comment on column analysis.adherence.due_dose_min is 'dose that was due: moderate minutes plus twice the vigorous ones of the whole sessions due, or of the days where no session is prescribed; null when none is prescribed';
comment on column analysis.adherence.due_strength_days is 'days with strength training that were due';
comment on column analysis.adherence.credited_sessions is 'sessions of its types, at most `max_per_day` a day';
comment on column analysis.adherence.credited_recalled is 'those of them that the patient told of and nobody recorded';
comment on column analysis.adherence.credited_min is 'time of the sessions of its types without pauses, minutes';
comment on column analysis.adherence.credited_dose_min is 'dose of that time: moderate minutes plus twice the vigorous ones';
comment on column analysis.adherence.strength_days is 'days with a session of strength training';
comment on column analysis.adherence.standing is 'enough, low, none due, or too thin to judge';
comment on column analysis.adherence.a_freq is 'sessions done over due, not capped; null when none were due, or too few days are known to refute';
comment on column analysis.adherence.a_time is 'minutes done over due; null as in a_freq';
comment on column analysis.adherence.a_int is 'share of the time in the prescribed range, of the time that could be compared; null when none could';
comment on column analysis.adherence.a_dose is 'dose done over due; null as in a_freq, and when too much of the time is unknown to refute';
comment on column analysis.adherence.a_strength is 'days with strength training over those due; null as in a_freq';

create view analysis.day_states with (security_barrier) as
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
                           and c.given_at < g.end_at and coalesce(c.withdrawn_at > g.start_at, true)) as blocked
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
  -- a session is due when what is left of the week's number no longer fits into the days that may hold one
  due as (
    select a.local_date from asking a
    join dates b on b.monday = a.monday and not b.blocked
    left join asking r on r.local_date = b.local_date and r.prescription = a.prescription
    left join told t on t.monday = a.monday and t.prescription = a.prescription
    cross join lateral (
      select least(coalesce(sum((e.x ->> 'sessions')::int), 0), a.max_per_day) as credited
      from jsonb_array_elements(b.by_type) as e (x) where analysis.credits(a.types, e.x ->> 'type')) c
    cross join lateral (
      select b.known or b.told_of or b.carried and analysis.seen_by_phone(a.types) as known) k
    group by a.local_date, a.prescription, t.sessions
    having sum(r.sevenths_due) / 7 - coalesce(t.sessions, 0)
        - coalesce(sum(c.credited) filter (where b.local_date < a.local_date), 0)
      > coalesce(sum(r.max_per_day) filter (
          where b.local_date > a.local_date or b.local_date < a.local_date and c.credited = 0 and not k.known), 0)),
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
comment on view analysis.day_states is 'one row a local date, from the first that is known of or prescribed for to today';
comment on column analysis.day_states.patient is 'pseudonym';
comment on column analysis.day_states.local_date is 'date in the patient''s zone';
comment on column analysis.day_states.state is 'active, rest, no_activity, not_worn, no_data, paused or blocked; only no_activity may count as a miss';

grant select on all tables in schema analysis to kadens_reader;
