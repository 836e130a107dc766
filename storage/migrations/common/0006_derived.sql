-- More columns of derived rows: how a session came to be known, its pauses and stops, zone times by every method, load and
-- quality flags; and the time of all minutes of a day.
alter table session
  add column moving_by text not null default '',
  add column pauses jsonb not null default '[]',
  add column stops jsonb not null default '[]',
  add column origin text not null default 'declared' check (origin in ('declared', 'reported', 'detected')),
  add column offset_min smallint,
  add column offset_origin text not null default 'unknown',
  add column counts boolean not null default true,
  add column why text not null default '',
  add column zone_times_by_method jsonb not null default '[]',
  add column loads jsonb not null default '[]',
  add column flags jsonb not null default '[]';

alter table day
  add column volume_very_light_ms bigint not null default 0,
  add column volume_light_ms bigint not null default 0,
  add column volume_moderate_ms bigint not null default 0,
  add column volume_vigorous_ms bigint not null default 0,
  add column volume_near_max_ms bigint not null default 0,
  add column volume_unknown_ms bigint not null default 0,
  add column steps bigint, -- the greater of the stated and the counted ones
  add column steps_counted bigint,
  add column stated jsonb not null default '{}', -- what the best ranked source states of the date, by metric
  add column night_hr double precision,
  add column loads jsonb not null default '{}',
  add column exertion_ms bigint not null default 0,
  add column exertion_dose_ms bigint not null default 0,
  add column in_range_ms bigint not null default 0,
  add column range_known_ms bigint not null default 0,
  -- only unknown time is judged by an exertion, and what lies in a range could be compared with it
  add check (exertion_ms between 0 and unknown_ms and exertion_dose_ms between 0 and 2 * exertion_ms),
  add check (in_range_ms between 0 and range_known_ms),
  -- Counted and stated steps are never added: the greater figure holds, and a half may be rounded either way.
  add check (case when steps is null then steps_counted is null and stated ->> 'steps' is null
                  else coalesce(steps = steps_counted, false)
                       or coalesce(abs(steps - (stated ->> 'steps')::double precision) < 1, false) end),
  add check (steps >= steps_counted and steps > (stated ->> 'steps')::double precision - 1);

alter table week
  add column volume_very_light_ms bigint not null default 0,
  add column volume_light_ms bigint not null default 0,
  add column volume_moderate_ms bigint not null default 0,
  add column volume_vigorous_ms bigint not null default 0,
  add column volume_near_max_ms bigint not null default 0,
  add column volume_unknown_ms bigint not null default 0,
  add column steps bigint,
  add column loads jsonb not null default '{}',
  add column exertion_ms bigint not null default 0,
  add column exertion_dose_ms bigint not null default 0,
  add column in_range_ms bigint not null default 0,
  add column range_known_ms bigint not null default 0,
  add check (exertion_ms between 0 and unknown_ms and exertion_dose_ms between 0 and 2 * exertion_ms),
  add check (in_range_ms between 0 and range_known_ms);

-- The sessions of a date by their type, and the dates of a week with them: what counts for which prescription.
alter table day add column by_type jsonb not null default '[]';
alter table week add column days jsonb not null default '[]';

-- How many sessions of a week the patient told of, up to the date of the answer.
alter table day
  add column recalled_sessions smallint check (recalled_sessions >= 0),
  add column phone_min smallint not null default 0 check (phone_min >= 0),
  add column unseen_min smallint not null default 0 check (unseen_min >= 0);
alter table week
  add column recalled_sessions smallint check (recalled_sessions >= 0),
  add column recalled_until date check (recalled_until between monday and monday + 6),
  add check ((recalled_sessions is null) = (recalled_until is null));
