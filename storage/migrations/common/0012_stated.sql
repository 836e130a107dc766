-- What the best ranked source states of a whole date, by metric.
alter table day add column stated jsonb not null default '{}';
