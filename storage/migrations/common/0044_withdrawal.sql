-- Why an alert is withdrawn is in its event too: what was changed need not be the data.
create or replace function put_alert_event() returns trigger language plpgsql as $$
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
        'retraction', coalesce((
          select m.reason from alert_move m
          where m.alert = a.id and m.kind = 'retract' and a.state = 'retracted'
          order by m.id desc limit 1), ''),
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
