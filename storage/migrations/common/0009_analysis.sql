-- For analysts: views that name things and show nobody. Patients by pseudonym only; no name, account, device number,
-- record id or body. The role `kadens_reader` may read them and nothing else: grant it to who needs it.
create table metric (
  id smallint primary key,
  name text not null unique,
  unit text not null
);
comment on table metric is 'copy of the registry of metrics in model.metrics, for SQL';
insert into metric (id, name, unit) values
  (1, 'heart_rate', '/min'),
  (2, 'cadence', '/min'),
  (3, 'speed', 'm/s'),
  (4, 'distance', 'm'),
  (5, 'power', 'W'),
  (6, 'altitude', 'm'),
  (7, 'temperature', 'Cel'),
  (8, 'steps', '{steps}'),
  (9, 'rr_interval', 'ms'),
  (10, 'resting_heart_rate', '/min'),
  (11, 'active_energy', 'kcal'),
  (12, 'heart_rate_variability_rmssd', 'ms'),
  (13, 'oxygen_saturation', '%'),
  (14, 'respiratory_rate', '/min'),
  (15, 'weight', 'kg'),
  (16, 'heart_rate_variability_sdnn', 'ms'),
  (17, 'basal_energy', 'kcal'),
  (18, 'body_temperature', 'Cel'),
  (19, 'oxygen_uptake', 'mL/kg/min'),
  (20, 'blood_glucose', 'mmol/L'),
  (21, 'blood_pressure_systolic', 'mm[Hg]'),
  (22, 'blood_pressure_diastolic', 'mm[Hg]'),
  (23, 'mets', '{MET}'),
  (24, 'walking_heart_rate', '/min'),
  (25, 'vo2_max', 'mL/kg/min'),
  (26, 'exercise_time', 'min'),
  (27, 'stand_time', 'min'),
  (28, 'floors', '{floors}'),
  (29, 'effort_score', '{score}'),
  (30, 'wear', '1'),
  (31, 'total_energy', 'kcal');

create schema analysis;
comment on schema analysis is 'documented views for analysts: pseudonyms, names and canonical units; read by kadens_reader';

create view analysis.patients with (security_barrier) as
select p.pseudonym as patient, p.zone, u.name as care_unit, p.created_at
from public.patient p join public.care_unit u on u.id = p.care_unit;
comment on view analysis.patients is 'one row a patient';
comment on column analysis.patients.patient is 'pseudonym';
comment on column analysis.patients.zone is 'IANA time zone, in which local dates and weeks are meant';
comment on column analysis.patients.care_unit is 'name of the care unit';
comment on column analysis.patients.created_at is 'since when the patient is followed';

create view analysis.sessions with (security_barrier) as
select p.pseudonym as patient, s.session, s.start_at, s.end_at, s.offset_min, s.local_date, s.type, s.origin, s.counts,
       s.why, d.vendor as declared_vendor, d.app as declared_app, d.device_type as declared_device_type,
       d.method as declared_method, h.vendor as heart_vendor, h.app as heart_app, h.device_type as heart_device_type,
       h.method as heart_method,
       s.very_light_ms, s.light_ms, s.moderate_ms, s.vigorous_ms, s.near_max_ms, s.unknown_ms,
       (s.moderate_ms + s.vigorous_ms + s.near_max_ms) / 60000.0::double precision as mvpa_min,
       round(extract(epoch from s.end_at - s.start_at) * 1000)::bigint as elapsed_ms,
       s.partial, s.paused_ms, s.pauses, s.moving_ms, s.moving_by, s.hr_n, s.hr_min, s.hr_mean, s.hr_max, s.exertion_cr10, s.thresholds,
       s.zone_times_by_method, s.loads, s.algorithm,
       (select coalesce(jsonb_agg(f #- '{source,device}' order by n), '[]')
        from jsonb_array_elements(s.flags) with ordinality as e (f, n)) as flags
from public.session s join public.patient p on p.id = s.patient
join public.source d on d.id = s.declared_by left join public.source h on h.id = s.heart_source;
comment on view analysis.sessions is 'one row a session of exercise; classes, unknown and paused time add up to its elapsed time';
comment on column analysis.sessions.patient is 'pseudonym';
comment on column analysis.sessions.session is 'id of the session';
comment on column analysis.sessions.start_at is 'first instant';
comment on column analysis.sessions.end_at is 'instant after the last';
comment on column analysis.sessions.offset_min is 'minutes east of UTC where it began, null when unknown';
comment on column analysis.sessions.local_date is 'date in the patient''s zone on which it began';
comment on column analysis.sessions.type is 'type of exercise';
comment on column analysis.sessions.origin is 'declared by a source, reported by the patient, or detected in samples';
comment on column analysis.sessions.counts is 'whether it is among the sessions of its date; the next column has the reason against it';
comment on column analysis.sessions.why is 'why it does not count';
comment on column analysis.sessions.declared_vendor is 'of the source that declared it: connector that delivered it';
comment on column analysis.sessions.declared_app is 'of the source that declared it: app at the vendor';
comment on column analysis.sessions.declared_device_type is 'of the source that declared it: strap, watch, phone, scale, person or unknown';
comment on column analysis.sessions.declared_method is 'of the source that declared it: workout, background, manual or unknown';
comment on column analysis.sessions.heart_vendor is 'of the source of most of its heart rate, null when none: connector that delivered it';
comment on column analysis.sessions.heart_app is 'of the source of most of its heart rate, null when none: app at the vendor';
comment on column analysis.sessions.heart_device_type is 'of the source of most of its heart rate, null when none: strap, watch, phone, scale, person or unknown';
comment on column analysis.sessions.heart_method is 'of the source of most of its heart rate, null when none: workout, background, manual or unknown';
comment on column analysis.sessions.very_light_ms is 'time in the class very light, ms';
comment on column analysis.sessions.light_ms is 'time in the class light, ms';
comment on column analysis.sessions.moderate_ms is 'time in the class moderate, ms';
comment on column analysis.sessions.vigorous_ms is 'time in the class vigorous, ms';
comment on column analysis.sessions.near_max_ms is 'time in the class near max, ms';
comment on column analysis.sessions.unknown_ms is 'time that no sample tells of, ms';
comment on column analysis.sessions.mvpa_min is 'moderate to vigorous time (moderate, vigorous and near max), minutes, each once';
comment on column analysis.sessions.elapsed_ms is 'from the first instant to the last, with pauses, ms';
comment on column analysis.sessions.partial is 'true when more than 20 per cent of the time is unknown';
comment on column analysis.sessions.paused_ms is 'paused time, in no class and in no figure, ms';
comment on column analysis.sessions.pauses is 'pauses as pairs of epoch ms, as far as their place is known';
comment on column analysis.sessions.moving_ms is 'time in motion, ms';
comment on column analysis.sessions.moving_by is 'who says so: source, speed, or nobody';
comment on column analysis.sessions.hr_n is 'accepted samples of heart rate';
comment on column analysis.sessions.hr_min is 'least heart rate, beats a minute';
comment on column analysis.sessions.hr_mean is 'mean heart rate, beats a minute';
comment on column analysis.sessions.hr_max is 'greatest heart rate, beats a minute';
comment on column analysis.sessions.exertion_cr10 is 'perceived exertion on Borg CR10';
comment on column analysis.sessions.thresholds is 'edges of the heart rate classes and what they rest on';
comment on column analysis.sessions.zone_times_by_method is 'time in classes by every other method';
comment on column analysis.sessions.loads is 'figures of training load with their inputs';
comment on column analysis.sessions.flags is 'doubts about the samples';
comment on column analysis.sessions.algorithm is 'version that derived the row';

create view analysis.days with (security_barrier) as
select p.pseudonym as patient, d.local_date, d.sessions, d.session_ms, d.elapsed_ms, d.paused_ms,
       d.very_light_ms, d.light_ms, d.moderate_ms, d.vigorous_ms, d.near_max_ms, d.unknown_ms,
       (d.moderate_ms + d.vigorous_ms + d.near_max_ms) / 60000.0::double precision as mvpa_min,
       d.volume_very_light_ms, d.volume_light_ms, d.volume_moderate_ms, d.volume_vigorous_ms, d.volume_near_max_ms, d.volume_unknown_ms,
       (d.volume_moderate_ms + d.volume_vigorous_ms + d.volume_near_max_ms) / 60000.0::double precision as volume_mvpa_min,
       d.wear_min, d.answered, d.steps, d.steps_counted, (d.stated ->> 'steps')::double precision as steps_stated, d.night_hr, d.loads, d.exertion_ms, d.exertion_dose_ms, d.in_range_ms, d.range_known_ms,
       d.recalled_sessions, d.phone_min, d.unseen_min, d.algorithm
from public.day d join public.patient p on p.id = d.patient;
comment on view analysis.days is 'one row a local date with a session, wear or an answer; a date without a row is not a day without exercise';
comment on column analysis.days.patient is 'pseudonym';
comment on column analysis.days.local_date is 'date in the patient''s zone';
comment on column analysis.days.sessions is 'sessions that began on it and count';
comment on column analysis.days.session_ms is 'their time without pauses, overlaps once, ms';
comment on column analysis.days.elapsed_ms is 'their time with pauses, overlaps once, ms';
comment on column analysis.days.paused_ms is 'their paused time, ms';
comment on column analysis.days.very_light_ms is 'time in sessions in the class very light, ms';
comment on column analysis.days.light_ms is 'time in sessions in the class light, ms';
comment on column analysis.days.moderate_ms is 'time in sessions in the class moderate, ms';
comment on column analysis.days.vigorous_ms is 'time in sessions in the class vigorous, ms';
comment on column analysis.days.near_max_ms is 'time in sessions in the class near max, ms';
comment on column analysis.days.unknown_ms is 'time in sessions that no sample tells of, ms';
comment on column analysis.days.mvpa_min is 'moderate to vigorous time in sessions (moderate, vigorous and near max), minutes, each once';
comment on column analysis.days.volume_very_light_ms is 'time of all minutes in the class very light, ms';
comment on column analysis.days.volume_light_ms is 'time of all minutes in the class light, ms';
comment on column analysis.days.volume_moderate_ms is 'time of all minutes in the class moderate, ms';
comment on column analysis.days.volume_vigorous_ms is 'time of all minutes in the class vigorous, ms';
comment on column analysis.days.volume_near_max_ms is 'time of all minutes in the class near max, ms';
comment on column analysis.days.volume_unknown_ms is 'time of worn minutes without a class, ms';
comment on column analysis.days.volume_mvpa_min is 'moderate to vigorous time of all minutes, in a session or not, minutes';
comment on column analysis.days.wear_min is 'minutes worn: between two accepted heart rates of one worn source at most 10 minutes apart';
comment on column analysis.days.answered is 'true when the patient reported about it';
comment on column analysis.days.steps is 'steps, the greater of the counted and the stated ones, null when nobody counted';
comment on column analysis.days.steps_counted is 'steps of the source selected in each minute, null without any';
comment on column analysis.days.steps_stated is 'steps of the date as the best ranked source states them, null when none does';
comment on column analysis.days.night_hr is 'lowest 5-minute mean heart rate from 03 to 07, beats a minute';
comment on column analysis.days.loads is 'sums of training load over its sessions';
comment on column analysis.days.exertion_ms is 'unknown time in sessions that a reported exertion judges, ms';
comment on column analysis.days.exertion_dose_ms is 'dose of that time: once from CR10 3, twice from CR10 5, ms';
comment on column analysis.days.in_range_ms is 'time of sessions in the prescribed range, by its own method, ms';
comment on column analysis.days.range_known_ms is 'time of sessions that could be compared with the prescribed range, ms';
comment on column analysis.days.recalled_sessions is 'sessions of the week up to this date, as the patient told on it';
comment on column analysis.days.phone_min is 'minutes from the first to the last step that a phone counted';
comment on column analysis.days.unseen_min is 'longest time from 06 to 22 in which nothing was worn, minutes';
comment on column analysis.days.algorithm is 'version that derived the row';

create view analysis.weeks with (security_barrier) as
select p.pseudonym as patient, w.monday, w.sessions, w.session_ms, w.elapsed_ms, w.paused_ms,
       w.very_light_ms, w.light_ms, w.moderate_ms, w.vigorous_ms, w.near_max_ms, w.unknown_ms,
       (w.moderate_ms + w.vigorous_ms + w.near_max_ms) / 60000.0::double precision as mvpa_min,
       w.volume_very_light_ms, w.volume_light_ms, w.volume_moderate_ms, w.volume_vigorous_ms, w.volume_near_max_ms, w.volume_unknown_ms,
       (w.volume_moderate_ms + w.volume_vigorous_ms + w.volume_near_max_ms) / 60000.0::double precision as volume_mvpa_min,
       w.dose_min, w.valid_days, w.answered_days, w.known_days, w.steps, w.loads,
       w.exertion_ms, w.exertion_dose_ms, w.in_range_ms, w.range_known_ms, w.recalled_sessions, w.recalled_until, w.algorithm
from public.week w join public.patient p on p.id = w.patient;
comment on view analysis.weeks is 'one row an ISO week in the patient''s zone with a day in it';
comment on column analysis.weeks.patient is 'pseudonym';
comment on column analysis.weeks.monday is 'its Monday';
comment on column analysis.weeks.sessions is 'sessions that count';
comment on column analysis.weeks.session_ms is 'their time without pauses, overlaps once, ms';
comment on column analysis.weeks.elapsed_ms is 'their time with pauses, overlaps once, ms';
comment on column analysis.weeks.paused_ms is 'their paused time, ms';
comment on column analysis.weeks.very_light_ms is 'time in sessions in the class very light, ms';
comment on column analysis.weeks.light_ms is 'time in sessions in the class light, ms';
comment on column analysis.weeks.moderate_ms is 'time in sessions in the class moderate, ms';
comment on column analysis.weeks.vigorous_ms is 'time in sessions in the class vigorous, ms';
comment on column analysis.weeks.near_max_ms is 'time in sessions in the class near max, ms';
comment on column analysis.weeks.unknown_ms is 'time in sessions that no sample tells of, ms';
comment on column analysis.weeks.mvpa_min is 'moderate to vigorous time in sessions (moderate, vigorous and near max), minutes, each once';
comment on column analysis.weeks.volume_very_light_ms is 'time of all minutes in the class very light, ms';
comment on column analysis.weeks.volume_light_ms is 'time of all minutes in the class light, ms';
comment on column analysis.weeks.volume_moderate_ms is 'time of all minutes in the class moderate, ms';
comment on column analysis.weeks.volume_vigorous_ms is 'time of all minutes in the class vigorous, ms';
comment on column analysis.weeks.volume_near_max_ms is 'time of all minutes in the class near max, ms';
comment on column analysis.weeks.volume_unknown_ms is 'time of worn minutes without a class, ms';
comment on column analysis.weeks.volume_mvpa_min is 'moderate to vigorous time of all minutes, in a session or not, minutes';
comment on column analysis.weeks.dose_min is 'moderate minutes plus twice the vigorous ones, unknown time by reported exertion';
comment on column analysis.weeks.valid_days is 'days with at least 600 minutes of wear';
comment on column analysis.weeks.answered_days is 'days about which the patient reported';
comment on column analysis.weeks.known_days is 'days that are valid or answered, or that an answer about the week is about';
comment on column analysis.weeks.steps is 'steps, null when nobody counted';
comment on column analysis.weeks.loads is 'sums of training load';
comment on column analysis.weeks.exertion_ms is 'unknown time in sessions that a reported exertion judges, ms';
comment on column analysis.weeks.exertion_dose_ms is 'dose of that time: once from CR10 3, twice from CR10 5, ms';
comment on column analysis.weeks.in_range_ms is 'time of sessions in the prescribed range, by its own method, ms';
comment on column analysis.weeks.range_known_ms is 'time of sessions that could be compared with the prescribed range, ms';
comment on column analysis.weeks.recalled_sessions is 'sessions of the week as the patient told, recorded or not';
comment on column analysis.weeks.recalled_until is 'the date up to which that answer is about the week';
comment on column analysis.weeks.algorithm is 'version that derived the row';

create view analysis.samples with (security_barrier) as
select p.pseudonym as patient, m.name as metric, m.unit, x.time, x.value,
       s.vendor, s.app, s.device_type, s.method,
       case when x.span_ms > 0 then x.time + x.span_ms * interval '1 millisecond' end as until
from public.sample x join public.patient p on p.id = x.patient join public.metric m on m.id = x.metric
join public.source s on s.id = x.source left join public.record r on r.id = x.record
where not exists (
  select from public.fact d join public.record dr on dr.id = d.record join public.source ds on ds.id = d.source
  where d.patient = x.patient and d.kind = 'deletion' and ds.vendor = s.vendor
  and (d.payload ->> 'target' = r.record and (dr.revision, dr.stated_ms) >= (r.revision, r.stated_ms)
       or d.payload ->> 'metric' = m.name and x.time >= d.start_at and x.time < d.end_at
          and x.revision <= (least(dr.revision, 2097151) << 42) + dr.stated_ms));
comment on view analysis.samples is 'every sample of every source that nobody took back, as told: sources overlap, doubtful values are in';
comment on column analysis.samples.patient is 'pseudonym';
comment on column analysis.samples.metric is 'name of the metric';
comment on column analysis.samples.unit is 'UCUM unit of the value';
comment on column analysis.samples.time is 'instant';
comment on column analysis.samples.value is 'value in that unit';
comment on column analysis.samples.until is 'end of the interval over which the value holds, as stated; null: none is stated';
comment on column analysis.samples.vendor is 'connector that delivered it';
comment on column analysis.samples.app is 'app at the vendor';
comment on column analysis.samples.device_type is 'strap, watch, phone, scale, person or unknown';
comment on column analysis.samples.method is 'workout, background, manual or unknown';

create view analysis.hours with (security_barrier) as
select p.pseudonym as patient, m.name as metric, m.unit, b.hour, b.n, b.low, b.total / b.n as mean, b.high,
       s.vendor, s.app, s.device_type, s.method
from public.rollup_hour b join public.patient p on p.id = b.patient join public.metric m on m.id = b.metric
join public.source s on s.id = b.source;
comment on view analysis.hours is 'each hour of UTC of the samples that speak (one source a minute, accepted values); follows new samples within minutes';
comment on column analysis.hours.patient is 'pseudonym';
comment on column analysis.hours.metric is 'name of the metric';
comment on column analysis.hours.unit is 'UCUM unit of the values';
comment on column analysis.hours.hour is 'where it begins';
comment on column analysis.hours.n is 'samples in the minutes in which this source speaks';
comment on column analysis.hours.low is 'least value';
comment on column analysis.hours.mean is 'mean value';
comment on column analysis.hours.high is 'greatest value';
comment on column analysis.hours.vendor is 'connector that delivered it';
comment on column analysis.hours.app is 'app at the vendor';
comment on column analysis.hours.device_type is 'strap, watch, phone, scale, person or unknown';
comment on column analysis.hours.method is 'workout, background, manual or unknown';

-- A role is of the whole server: another database may have made it, at this moment even.
do $$
begin
  if not exists (select from pg_roles where rolname = 'kadens_reader') then
    create role kadens_reader nologin;
  end if;
exception
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then
    raise exception 'the role kadens_reader is missing and may not be made from here'
      using hint = 'as an administrator: create role kadens_reader nologin';
end $$;
grant usage on schema analysis to kadens_reader;
grant select on all tables in schema analysis to kadens_reader;
