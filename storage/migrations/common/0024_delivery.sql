-- Each change of an alert is an event in the outbox, written at the commit of whatever changed it:
-- nobody who moves an alert can forget it, and a transaction that rolls back announces nothing. The
-- event has the alert as it is at the commit, with its findings. Several changes in a transaction
-- are one event. The time is that of the change, not of the server.
create function alert_ms(at timestamptz) returns bigint language sql immutable as
$$ select round(extract(epoch from at) * 1000)::bigint $$;

create function put_alert_event() returns trigger language plpgsql as $$
begin
  insert into outbox (channel, key, recipient, patient, body, created_at, not_before)
  select 'alerts',
    concat_ws('/', a.id, (select max(m.id) from alert_move m where m.alert = a.id),
      pg_current_xact_id()),
    '', a.patient,
    jsonb_build_object(
      'type', case
        when a.state in ('resolved', 'retracted', 'expired') then 'alert.closed'
        when a.changed_at = a.raised_at then 'alert.raised'
        else 'alert.changed' end,
      'unit', u.name,
      'alert', jsonb_build_object(
        'alert', a.id, 'patient', p.pseudonym, 'family', a.family, 'rule', a.rule,
        'rule_version', a.rule_version, 'tier', a.tier, 'state', a.state,
        'raised_ms', alert_ms(a.raised_at), 'changed_ms', alert_ms(a.changed_at),
        'snoozed_until_ms', alert_ms(a.snoozed_until), 'sentence', a.sentence,
        'resolution', a.resolution,
        'findings', (
          select coalesce(jsonb_agg(jsonb_build_object(
            'rule', f.rule, 'rule_version', f.rule_version, 'key', f.key, 'tier', f.tier,
            'at_ms', alert_ms(f.at), 'sentence', f.sentence, 'evidence', f.evidence,
            'current', f.current, 'session', f.session) order by f.at, f.rule, f.key), '[]')
          from alert_finding f where f.alert = a.id))),
    a.changed_at, a.changed_at
  from alert a join patient p on p.id = a.patient join care_unit u on u.id = p.care_unit
  where a.id = new.id
  on conflict (channel, key) do nothing;
  return null;
end $$;

create constraint trigger alert_event after insert or update on alert
  deferrable initially deferred for each row execute function put_alert_event();

-- How a clinician wants to be reached; without a row by mail, with a weekly digest. Quiet hours are minutes of the day in
-- the care unit's time zone.
create table clinician_reach (
  clinician int primary key references clinician,
  way text not null check (way in ('email', 'sms', 'none')),
  phone text not null default '' check (way <> 'sms' or phone <> ''),
  quiet_from int check (quiet_from between 0 and 1439),
  quiet_until int check (quiet_until between 0 and 1439 and quiet_until <> quiet_from),
  digest text not null check (digest in ('daily', 'weekly', 'none')),
  check ((quiet_from is null) = (quiet_until is null))
);
