-- Which tier an alert had when a person last took it up: who saw only milder evidence has not seen what comes back later.
-- It is empty where that was before this column.
alter table alert add column taken_up_tier text;
