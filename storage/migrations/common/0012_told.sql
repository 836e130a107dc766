-- What the best ranked source states of a whole date, by metric.
alter table day add column told jsonb not null default '{}';
