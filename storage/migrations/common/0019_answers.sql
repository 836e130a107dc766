-- For analysts: what patients answered, what was prescribed, and what was alerted. What clinicians wrote in their own
-- words (reasons, prescribers, notes at a resolution) and where the patient says that it hurts is not shown: such
-- text may name somebody.
create view analysis.answers with (security_barrier) as
select p.pseudonym as patient, f.start_at as at, f.local_date, f.payload ->> 'instrument' as instrument,
       f.payload ->> 'phase' as phase, (f.payload ->> 'value')::double precision as value, f.payload ->> 'scale' as scale,
       s.session
from public.fact f join public.record r on r.id = f.record join public.source o on o.id = f.source
join public.patient p on p.id = f.patient
-- as the rules read it: a report names the record of its session, or declares a session under its own record
left join lateral (
  select x.session from public.session x
  where x.patient = f.patient and x.record = coalesce(nullif(f.payload ->> 'session', ''), r.record)
  order by x.start_at, x.session limit 1) s on true
where f.kind = 'report' and not exists (
  select from public.fact d join public.record dr on dr.id = d.record join public.source ds on ds.id = d.source
  where d.patient = f.patient and d.kind = 'deletion' and ds.vendor = o.vendor
  and d.payload ->> 'target' = r.record and (dr.revision, dr.stated_ms) >= (r.revision, r.stated_ms));
comment on view analysis.answers is 'one row an answer that stands; corrected and withdrawn ones are not shown';
comment on column analysis.answers.patient is 'pseudonym';
comment on column analysis.answers.at is 'instant of the answer, for a reported session its beginning';
comment on column analysis.answers.local_date is 'its local date, by the offset that was told, else in the patient''s zone';
comment on column analysis.answers.instrument is 'what was asked: pain, exertion, day_form, session, week (sessions of the week), or a mark of a session: exercise, not_exercise';
comment on column analysis.answers.phase is 'before, during, after, next_morning or none';
comment on column analysis.answers.value is 'the answer on its scale, null when the question was left open';
comment on column analysis.answers.scale is 'nrs-0-10 of pain, borg-cr10 or borg-6-20 of exertion, form-1-5 of the day; empty of marks';
comment on column analysis.answers.session is 'id of the session that the answer names or reports, null when it names none';

create view analysis.prescriptions with (security_barrier) as
select p.pseudonym as patient, r.prescription, r.version, r.valid_from, r.valid_to,
       (select min(n.valid_from) from public.prescription n
        where n.patient = r.patient and n.prescription = r.prescription and n.version > r.version) as replaced_from,
       r.recorded_at, (r.body ->> 'sessions_per_week')::int as sessions_per_week,
       (r.body ->> 'minutes_per_session')::int as minutes_per_session, (r.body ->> 'max_per_day')::int as max_per_day,
       r.body -> 'intensity' ->> 'method' as intensity_method,
       (r.body -> 'intensity' ->> 'low')::double precision as intensity_low,
       (r.body -> 'intensity' ->> 'high')::double precision as intensity_high,
       array(select jsonb_array_elements_text(r.body -> 'types')) as types,
       (r.body ->> 'dose_min_per_week')::double precision as dose_min_per_week,
       (r.body ->> 'strength_days')::int as strength_days, (r.body ->> 'pain_limit')::int as pain_limit,
       (select coalesce(jsonb_agg(e.pause - 'why' order by e.n), '[]')
        from jsonb_array_elements(r.body -> 'pauses') with ordinality as e (pause, n)) as pauses,
       array(select jsonb_array_elements_text(r.body -> 'weekdays')) as weekdays, r.body -> 'progression' as progression,
       (r.body ->> 'progression_from')::date as progression_from, r.body ->> 'sha256' as sha256,
       coalesce(nullif(r.body -> 'rules', 'null'), '{}') as rules
from public.prescription r join public.patient p on p.id = r.patient;
comment on view analysis.prescriptions is 'one row a version of a prescription, with all versions';
comment on column analysis.prescriptions.patient is 'pseudonym';
comment on column analysis.prescriptions.prescription is 'id of the prescription, of one patient';
comment on column analysis.prescriptions.version is 'number of the version; the newest that has begun holds';
comment on column analysis.prescriptions.valid_from is 'first local date';
comment on column analysis.prescriptions.valid_to is 'last local date, unless a newer version replaces it before';
comment on column analysis.prescriptions.replaced_from is 'local date from which a newer version holds, null when none does';
comment on column analysis.prescriptions.recorded_at is 'instant at which it was written; it raises no alert about the time before';
comment on column analysis.prescriptions.sessions_per_week is 'sessions a week';
comment on column analysis.prescriptions.minutes_per_session is 'length of a session, minutes';
comment on column analysis.prescriptions.max_per_day is 'sessions of one day that count at most';
comment on column analysis.prescriptions.intensity_method is 'hrr (fractions of heart rate reserve), hrmax (fractions of the maximal heart rate), bpm, rpe_cr10, rpe_6_20, watts or cadence';
comment on column analysis.prescriptions.intensity_low is 'lower end of the prescribed range, in the unit of its method';
comment on column analysis.prescriptions.intensity_high is 'upper end of the prescribed range, in the unit of its method';
comment on column analysis.prescriptions.types is 'types of exercise that count for it, empty: every type';
comment on column analysis.prescriptions.dose_min_per_week is 'dose a week, moderate minutes plus twice the vigorous ones; null when none is prescribed';
comment on column analysis.prescriptions.strength_days is 'days a week with strength training';
comment on column analysis.prescriptions.pain_limit is 'greatest acceptable pain, NRS from 0 to 10';
comment on column analysis.prescriptions.pauses is 'local dates on which nothing is due, as objects of `first` and `last`, both included';
comment on column analysis.prescriptions.weekdays is 'days of the sessions, mon to sun; empty: any days';
comment on column analysis.prescriptions.progression is 'what changes from a week on, as objects; null leaves a figure as it was';
comment on column analysis.prescriptions.progression_from is 'local date from which weeks of the progression count, null: from valid_from';
comment on column analysis.prescriptions.sha256 is 'hash of the version: SHA-256 of its canonical JSON (RFC 8785)';
comment on column analysis.prescriptions.rules is 'thresholds of rules that it sets, by rule and name';

create view analysis.alerts with (security_barrier) as
select p.pseudonym as patient, a.family, a.raised_at, a.rule, a.rule_version, a.tier, a.state,
       a.state in ('open', 'acknowledged', 'in_progress', 'snoozed') as live, a.changed_at, a.snoozed_until,
       btrim(split_part(a.resolution, ':', 1)) as resolution, a.sentence,
       (select count(*) from public.alert_finding f where f.alert = a.id and f.current) as findings
from public.alert a join public.patient p on p.id = a.patient;
comment on view analysis.alerts is 'one row an alert; patient, family and raised_at name it';
comment on column analysis.alerts.patient is 'pseudonym';
comment on column analysis.alerts.family is 'family of rules; of each a patient has at most one live alert';
comment on column analysis.alerts.raised_at is 'instant at which it was raised';
comment on column analysis.alerts.rule is 'rule that was met first, such as P1 or A1';
comment on column analysis.alerts.rule_version is 'version of that rule';
comment on column analysis.alerts.tier is 'A: a look on the same working day, B: within two, C: no mail';
comment on column analysis.alerts.state is 'open, acknowledged, in_progress, snoozed, resolved, retracted or expired';
comment on column analysis.alerts.live is 'true while somebody must still look at it';
comment on column analysis.alerts.changed_at is 'instant of the last change of its state or findings';
comment on column analysis.alerts.snoozed_until is 'instant until which it is snoozed, null when it is not';
comment on column analysis.alerts.resolution is 'how it was resolved, without the clinician''s own words; empty when it was not';
comment on column analysis.alerts.sentence is 'the alert in plain words';
comment on column analysis.alerts.findings is 'findings that still hold';

create view analysis.findings with (security_barrier) as
select p.pseudonym as patient, a.family, a.raised_at, f.rule, f.rule_version, f.tier, f.from_at, f.at, f.current,
       f.session, f.added_at, f.sentence, f.evidence -> 'thresholds' as thresholds
from public.alert_finding f join public.alert a on a.id = f.alert join public.patient p on p.id = a.patient;
comment on view analysis.findings is 'one row a finding of an alert: an occasion on which its rule was met';
comment on column analysis.findings.patient is 'pseudonym';
comment on column analysis.findings.family is 'family of its alert';
comment on column analysis.findings.raised_at is 'instant at which its alert was raised';
comment on column analysis.findings.rule is 'rule that was met';
comment on column analysis.findings.rule_version is 'version of the rule';
comment on column analysis.findings.tier is 'A, B or C';
comment on column analysis.findings.from_at is 'instant of the earliest data that it rests on';
comment on column analysis.findings.at is 'instant of the occasion';
comment on column analysis.findings.current is 'false when corrected data has withdrawn it';
comment on column analysis.findings.session is 'id of the session that it is about, null when it is about none';
comment on column analysis.findings.added_at is 'instant at which it was added to the alert';
comment on column analysis.findings.sentence is 'the finding in plain words';
comment on column analysis.findings.thresholds is 'thresholds of the rule as they were for this patient';

grant select on all tables in schema analysis to kadens_reader;
